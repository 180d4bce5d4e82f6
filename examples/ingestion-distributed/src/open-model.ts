import type { EmbeddingModel } from "@llx/embeddings";
import { fakeEmbedding } from "@llx/embeddings/testing";

/** A model whose vectors mean nothing, but cost nothing. Put your provider's here: every process opens its own. */
export function openModel(): EmbeddingModel {
  return fakeEmbedding({ dimensions: 64 });
}
