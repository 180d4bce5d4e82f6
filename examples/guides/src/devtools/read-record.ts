// Records a run, and lists what failed in it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mapJobs } from "@llx/async";
import { CallbackManager } from "@llx/callbacks";
import { DevtoolsHandler, readRecord } from "@llx/devtools";

const folder = await mkdtemp(join(tmpdir(), "record-"));
const path = join(folder, "run.ndjson");

const manager = new CallbackManager({ handlers: [new DevtoolsHandler({ record: path })] });
const load = async (page: number): Promise<number> => {
  if (page === 3) throw new Error(`there is no page ${page}`);
  return page;
};
await mapJobs([1, 2, 3, 4], load, { settle: true, callbackManager: manager });
await manager.aclose();

let events = 0;
for await (const line of readRecord(path)) {
  if (line.kind !== "event") continue;
  events++;
  if (line.error !== undefined) console.log(`${line.type} failed: ${line.error.message}`);
}
console.log(`${events} events`);
await rm(folder, { recursive: true });
