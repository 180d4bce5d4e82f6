// Many jobs, one of which fails: how long they took, and where it went wrong.
import { setTimeout as wait } from "node:timers/promises";
import { mapJobs } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";

const debug = new DebugHandler({ sink: process.stdout });
const manager = new CallbackManager({ handlers: [debug] });

const load = async (page: number): Promise<string> => {
  await wait(page);
  return page === 4 ? "" : `page ${page}`;
};

const count = (text: string): number => {
  if (text === "") throw new Error("no words");
  return text.split(" ").length;
};

await manager.asTrace("nightly", () =>
  mapJobs(
    [1, 2, 3, 4, 5, 6, 7, 8],
    async (page) => {
      const text = await manager.event("retrieve", () => load(page));
      return manager.event("chunking", { count: page }, () => count(text));
    },
    { settle: true },
  ),
);

const { count: pages, average, p95 } = debug.getEventTimeInfo("retrieve");
console.log(`${pages} pages, ${average.toFixed(1)} ms on average, 95 % within ${p95.toFixed(1)} ms`);
for (const [start, end] of debug.getEventPairs("chunking")) {
  if (end.status !== "ok") console.log(start.payload, end.status, String(end.error));
}
debug.printTraceMap();
