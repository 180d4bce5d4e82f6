// What 1,000,000 events leave in the memory of the program: with a page open, and written to a file. Fails above 50 MB.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { DevtoolsHandler, type DevtoolsHandlerOptions } from "@llx/devtools";
import { heapUsed } from "../harness.ts";
import { openPage } from "./page.ts";

const events = 1_000_000;
const folder = mkdtempSync(join(tmpdir(), "llx-bench-"));
const record = join(folder, "run.ndjson");
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

console.log(`\n**1,000,000 events** (Node ${process.versions.node})\n`);
console.log("| | heap, MB more | resident, MB more | µs an event |\n| --- | ---: | ---: | ---: |");

/** So that what the engine itself takes is there before. */
async function warmUp(): Promise<void> {
  const manager = new CallbackManager({ handlers: [new DebugHandler()] });
  for (let n = 0; n < events / 4; n++) {
    // oxlint-disable-next-line no-await-in-loop
    await manager.event("retrieve", { topK: n }, () => {});
    // oxlint-disable-next-line no-await-in-loop
    if (n % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function run(name: string, options: DevtoolsHandlerOptions, hasPage: boolean): Promise<void> {
  const handler = new DevtoolsHandler({ ...options, sink: { write() {} } });
  const manager = new CallbackManager({ handlers: [handler] });
  const close = hasPage ? await openPage((await handler.address)!) : undefined;
  const [heap, resident] = [heapUsed(), process.memoryUsage().rss];
  const start = performance.now();
  let most = 0;
  await manager.event("ingestion", { count: events }, async () => {
    for (let n = 0; n < events; n++) {
      // oxlint-disable-next-line no-await-in-loop
      await manager.event("retrieve", { topK: n }, () => {});
      // oxlint-disable-next-line no-await-in-loop
      if (n % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (n % 100_000 === 0) most = Math.max(most, process.memoryUsage().rss - resident);
    }
  });
  const microseconds = ((performance.now() - start) * 1_000) / events;
  const kept = heapUsed() - heap;
  console.log(`| ${name} | ${megabytes(kept)} | ${megabytes(most)} | ${microseconds.toFixed(2)} |`);
  assert(kept < 50e6, name);
  await close?.();
  await manager.aclose();
}

await warmUp();
await run("nobody looks", {}, false);
await run("a page is open", {}, true);
await run("written to a file", { record }, false);
console.log(`\nThe record has ${megabytes(statSync(record).size)} MB.`);
rmSync(folder, { recursive: true });
