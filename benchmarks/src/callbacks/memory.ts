// Retained memory: nothing beyond maxEvents, and nothing of ended traces. Fails if an assertion does not hold.
import assert from "node:assert/strict";
import {
  type AnyEventEnd,
  type AnyEventStart,
  type CallbackHandler,
  CallbackManager,
  DebugHandler,
  type TraceInfo,
  type TraceMap,
} from "@llx/callbacks";
import { heapUsed } from "../harness.ts";

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

console.log(`\n**A full DebugHandler** (Node ${process.versions.node}, maxEvents 10,000)\n`);
console.log("| events so far | heap |\n| ---: | ---: |");
{
  const debug = new DebugHandler({ maxEvents: 10_000 });
  const manager = new CallbackManager({ handlers: [debug] });
  const before = heapUsed();
  for (const total of [10_000, 50_000, 100_000, 500_000, 1_000_000]) {
    while (debug.dropped + Math.min(10_000, debug.getEventPairs().length) < total) {
      for (let n = 0; n < 10_000; n++) {
        // oxlint-disable-next-line no-await-in-loop
        await manager.event("retrieve", { topK: n }, () => {});
      }
    }
    console.log(`| ${total.toLocaleString("en")} | ${megabytes(heapUsed() - before)} |`);
  }
  assert.equal(debug.getEventPairs().length, 10_000);
}

/** Checks each event, and keeps nothing of it. */
class Checker implements CallbackHandler {
  readonly traceMap = true;
  traces = 0;
  events = 0;

  onEventStart({ payload, traceName, parentId }: AnyEventStart): void {
    const { depth, expected } = payload as { depth: number; expected: { id?: string; trace: string } };
    assert.equal(traceName, expected.trace);
    assert.equal(parentId, depth === 0 ? undefined : expected.id);
  }

  onEventEnd({ status }: AnyEventEnd): void {
    assert.equal(status, "ok");
    this.events++;
  }

  endTrace({ name }: TraceInfo, map?: TraceMap): void {
    this.traces++;
    assert(map, name);
    // A chain of ten: one root and one child for each event but the last.
    assert.equal(map.size, 10, name);
    for (const children of map.values()) assert.equal(children.length, 1, name);
    let id = "root";
    for (let depth = 0; depth < 10; depth++) id = map.get(id)![0]!;
    assert.equal(map.has(id), false, name);
  }
}

const traces = 10_000;
const checker = new Checker();
const failures: unknown[] = [];
const manager = new CallbackManager({
  handlers: [checker],
  onHandlerError: (error) => void failures.push(error),
});

const nest = (trace: string, depth: number, parentId: string | undefined): Promise<void> =>
  manager.event("tree", { depth, expected: { id: parentId, trace } } as object, async (event) => {
    await turn();
    if (depth < 9) await nest(trace, depth + 1, event.id);
    await turn();
  });

async function runAll(): Promise<void> {
  const names = Array.from({ length: traces }, (_, index) => `trace ${index}`);
  await Promise.all(names.map((name) => manager.asTrace(name, () => nest(name, 0, undefined))));
}

console.log(
  `\n**${traces.toLocaleString("en")} traces at once, 10 nested events each** (Node ${process.versions.node})\n`,
);
await runAll();
const before = heapUsed();
const start = performance.now();
await runAll();
const seconds = (performance.now() - start) / 1000;
const kept = heapUsed() - before;
assert.deepEqual(failures, []);
assert.deepEqual([checker.traces, checker.events, manager.openEvents], [2 * traces, 20 * traces, 0]);
console.log(`Every parent and every trace map was right, and nothing is left open.`);
console.log(
  `${seconds.toFixed(2)} s; the heap grew by ${megabytes(kept)}, ${Math.round(kept / traces)} bytes a trace.`,
);
