import type { EmbeddingModel } from "@llx/embeddings";
import { fakeEmbedding } from "@llx/embeddings/testing";

/** A model with meaningless vectors that cost nothing. Put your provider here: every process opens its own. */
export function openModel(): EmbeddingModel {
  return fakeEmbedding({ dimensions: 64 });
}
