import type { EmbeddingModel } from "@llx/embeddings";
import { herokuEmbedding } from "@llx/embeddings-heroku";
import { isaacusEmbedding } from "@llx/embeddings-isaacus";
import { localEmbedding } from "@llx/embeddings-local";
import { openaiEmbedding } from "@llx/embeddings-openai";
import { type ProviderName, UsageError } from "./arguments.ts";

const makers = {
  heroku: herokuEmbedding,
  isaacus: isaacusEmbedding,
  openai: openaiEmbedding,
  // A passage is rarely longer than this model reads; the part that it cuts off does not matter here.
  local: (options: { readonly workers: number | undefined }) =>
    localEmbedding({ ...options, truncate: true }),
};

/** The model that `--provider` names; a missing key is a `UsageError`. */
export function openModel(provider: ProviderName, workers: number | undefined): EmbeddingModel {
  try {
    return makers[provider]({ workers });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
