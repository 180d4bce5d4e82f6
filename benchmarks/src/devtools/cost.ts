// What an event costs the program: recorded by a DebugHandler, by a DevtoolsHandler that nobody looks at, with its page open,
// and written to a file.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CallbackManager, type CallbackHandler, DebugHandler } from "@llx/callbacks";
import { DevtoolsHandler } from "@llx/devtools";
import { compare, type Contender } from "../harness.ts";
import { openPage } from "./page.ts";

const times = 100_000;
const folder = mkdtempSync(join(tmpdir(), "llx-bench-"));
const quiet = { write() {} };

async function body(): Promise<number> {
  return 1;
}

/** Child events one after another, as the other benchmarks of events have them. */
function contender(name: string, handler: CallbackHandler): Contender & { close(): Promise<void> } {
  const manager = new CallbackManager({ handlers: [handler] });
  return {
    name,
    run: (count) =>
      manager.event("query", async () => {
        // oxlint-disable-next-line no-await-in-loop -- what is measured is one after another
        for (let n = 0; n < count; n++) await manager.event("retrieve", { topK: 3 }, body);
      }),
    close: () => manager.aclose(),
  };
}

/** The same where each thousand events give way to the rest of the program, as work that waits for services does. */
function yielding(base: Contender): Contender {
  return {
    name: `${base.name}; 1,000 events a turn`,
    async run(count) {
      for (let left = count; left > 0; left -= 1_000) {
        // oxlint-disable-next-line no-await-in-loop
        await base.run(Math.min(1_000, left));
        // oxlint-disable-next-line no-await-in-loop
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

const debug = contender("DebugHandler", new DebugHandler());
const alone = contender("DevtoolsHandler, nobody looks", new DevtoolsHandler({ sink: quiet }));
const shown = new DevtoolsHandler({ sink: quiet });
const open = contender("DevtoolsHandler, its page is open", shown);
const file = contender(
  "DevtoolsHandler, every event written to a file",
  new DevtoolsHandler({ record: join(folder, "run.ndjson") }),
);
const closePage = await openPage((await shown.address)!);

const goals = { [alone.name]: 1.1, [open.name]: 1.5 };
await compare("An event with a handler", [debug, alone, open, file], { times, goals });
const turns = [debug, alone, open, file].map(yielding);
await compare("The same in turns", turns, {
  times,
  goals: { [turns[1]!.name]: 1.1, [turns[2]!.name]: 1.5 },
});

await closePage();
for (const each of [debug, alone, open, file]) {
  // oxlint-disable-next-line no-await-in-loop
  await each.close();
}
rmSync(folder, { recursive: true });
