import { parentPort, workerData } from "node:worker_threads";
import { NativeCalls } from "./native-calls.ts";
import { openOnnxEngine } from "./onnx-engine.ts";
import type { ThreadData, ThreadNotice, ThreadRequest, ThreadResponse } from "./messages.ts";
import { openEngine } from "./open-engine.ts";

/** Runs in a thread of its own: an engine computes without a pause, and would block an event loop. */
const port = parentPort!;
const { model, engine: choice, calls } = workerData as ThreadData;
const native = new NativeCalls(calls);
const opened = openEngine(model, choice, (each) => openOnnxEngine(each, native));
const cancelled = new Set<number>();

opened.then(
  ({ problem }) => {
    if (problem !== undefined) port.postMessage({ kind: "fallback", problem } satisfies ThreadNotice);
  },
  // It is the response to each request.
  () => {},
);

async function embed(id: number, texts: readonly string[]): Promise<ThreadResponse> {
  let isOpen = false;
  try {
    const { engine } = await opened;
    isOpen = true;
    const vectors: Float32Array[] = [];
    for await (const batch of engine.embed(texts)) {
      for (const { index, vector } of batch) vectors[index] = vector;
      // A cancellation can arrive between batches.
      await new Promise((resolve) => setImmediate(resolve));
      if (cancelled.has(id)) break;
    }
    return { kind: "embedded", id, vectors, engine: engine.name };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // An engine that cannot be opened will not open on another attempt.
    return { kind: "failed", id, message, retryable: isOpen };
  }
}

port.on("message", (request: ThreadRequest) => {
  if (request.kind === "cancel") {
    cancelled.add(request.id);
    return;
  }
  void embed(request.id, request.texts).then((response) => {
    cancelled.delete(response.id);
    port.postMessage(response);
  });
});
