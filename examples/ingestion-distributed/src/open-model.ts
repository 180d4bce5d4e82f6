import { setTimeout as sleep } from "node:timers/promises";
import type { EmbeddingModel } from "@llx/embeddings";
import { fakeEmbedding } from "@llx/embeddings/testing";

/**
 * A model with meaningless vectors that cost nothing, and take as long as those of a busy service. Put your provider here:
 * every process opens its own.
 */
export function openModel(): EmbeddingModel {
  return fakeEmbedding({
    dimensions: 64,
    respond: (_request, { signal }) => sleep(1_000, undefined, { signal }),
  });
}
