import { fork } from "node:child_process";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import {
  CallbackManager,
  DebugHandler,
  type DebugSnapshot,
  serializeTrace,
  withTags,
} from "../../packages/callbacks/dist/index.js";

const module = new URL("./fixtures/traced-worker.mjs", import.meta.url);

async function inThread(): Promise<DebugSnapshot> {
  const [snapshot] = await once(new Worker(module, { workerData: serializeTrace() }), "message");
  return snapshot as DebugSnapshot;
}

async function inProcess(): Promise<DebugSnapshot> {
  const { traceparent, tracestate, baggage } = serializeTrace()!;
  const env = { ...process.env, TRACEPARENT: traceparent, TRACESTATE: tracestate, BAGGAGE: baggage };
  const [snapshot] = await once(fork(module, { env, execArgv: [] }), "message");
  return snapshot as DebugSnapshot;
}

it("one tree contains the events of a process, a thread of it and a child process", async () => {
  let text = "";
  const debug = new DebugHandler({ sink: { write: (part) => (text += part) } });
  const manager = new CallbackManager({ handlers: [debug] });
  await manager.asTrace("over all", () =>
    manager.event("query", async () => {
      const snapshots = await Promise.all([
        withTags({ place: "a thread" }, () => manager.event("retrieve", inThread)),
        withTags({ place: "a process" }, () => manager.event("reranking", inProcess)),
      ]);
      for (const snapshot of snapshots) debug.merge(snapshot);
    }),
  );
  const { events } = debug.toJSON();
  const byId = new Map(events.map((event) => [event.id, event]));
  const path = ({ type, parentId }: (typeof events)[number]): string =>
    parentId === undefined ? type : `${path(byId.get(parentId)!)} > ${type}`;
  expect(events.map(path).toSorted()).toEqual([
    "query",
    "query > reranking",
    "query > reranking > synthesize",
    "query > reranking > synthesize > embedding",
    "query > retrieve",
    "query > retrieve > synthesize",
    "query > retrieve > synthesize > embedding",
  ]);
  const placesOf = (type: string): unknown[] =>
    events.filter((event) => event.type === type).map(({ tags }) => tags?.["place"]);
  expect(placesOf("query")).toEqual([undefined]);
  expect(new Set(placesOf("embedding"))).toEqual(new Set(["a thread", "a process"]));
  expect(new Set(events.map(({ traceId }) => traceId)).size).toBe(1);
  expect(new Set(events.map(({ traceName }) => traceName))).toEqual(new Set(["over all"]));
  for (const event of events) {
    const parent = byId.get(event.parentId ?? "");
    // The clocks of threads and processes are one.
    if (parent) expect(event.startTime).toBeGreaterThanOrEqual(parent.startTime - 1);
  }

  debug.printTraceMap();
  expect(text.match(/^trace /gm)).toHaveLength(1);
  expect(text).toMatch(/├─ retrieve|└─ retrieve/);
  const sources = debug.toChromeTrace().traceEvents.filter(({ name }) => name === "process_name");
  expect(sources).toHaveLength(3);
});
