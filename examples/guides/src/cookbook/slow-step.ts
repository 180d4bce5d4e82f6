import { setTimeout } from "node:timers/promises";
import { mapJobs } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";

const debug = new DebugHandler({ sink: process.stdout });
const manager = new CallbackManager({ handlers: [debug] });

await manager.asTrace("import", () =>
  mapJobs([1, 2, 3], async (page) => {
    await manager.event("retrieve", () => setTimeout(40, page));
    await manager.event("chunking", { count: 1 }, () => setTimeout(5));
  }),
);
debug.printTraceMap();
