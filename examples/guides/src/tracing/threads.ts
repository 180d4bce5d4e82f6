// One trace across two threads. Both run this program.
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import {
  CallbackManager,
  continueTrace,
  DebugHandler,
  type DebugSnapshot,
  serializeTrace,
  type TraceCarrier,
} from "@llx/callbacks";
import { search } from "./library.ts";

const debug = new DebugHandler({ sink: process.stdout });
const manager = new CallbackManager({ handlers: [debug] });

if (isMainThread) {
  await manager.event("query", async () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: serializeTrace() });
    const [snapshot] = (await once(worker, "message")) as [DebugSnapshot];
    debug.merge(snapshot);
  });
  debug.printTraceMap();
} else {
  const carrier = workerData as TraceCarrier | undefined;
  await continueTrace(carrier, () => manager.event("retrieve", { topK: 3 }, () => search("moon")));
  parentPort?.postMessage(debug.toJSON());
}
