import { setTimeout } from "node:timers/promises";
import type { CallbackManager } from "@llx/callbacks";
import type { EmbeddingModel } from "@llx/embeddings";
import { fakeEmbedding } from "@llx/embeddings/testing";

/** A model that needs no key, and takes half a second for a question. Replace it, such as by `openaiEmbedding()`. */
export function openModel(callbackManager: CallbackManager): EmbeddingModel {
  return fakeEmbedding({
    callbackManager,
    // While its service refuses, a model waits for ten minutes: too long for a client that could try again.
    retry: { maxRefusedTime: 10_000, maxRetryAfter: 10_000 },
    async respond({ inputType }, { signal }) {
      if (inputType !== "query") return;
      console.log("embedding a question");
      await setTimeout(500, undefined, { signal });
    },
  });
}
