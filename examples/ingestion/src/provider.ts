import type { EmbeddingModel } from "@llx/embeddings";
import { type ProviderName, UsageError } from "./arguments.ts";

interface Options {
  readonly workers: number | undefined;
}

/** Only what is asked for is loaded. */
const makers: Record<ProviderName, (options: Options) => Promise<EmbeddingModel>> = {
  heroku: async (options) => (await import("@llx/embeddings-heroku")).herokuEmbedding(options),
  isaacus: async (options) => (await import("@llx/embeddings-isaacus")).isaacusEmbedding(options),
  // A passage is rarely longer than this model reads; what is cut off of one does not matter here.
  local: async (options) =>
    (await import("@llx/embeddings-local")).localEmbedding({ ...options, truncate: true }),
  // Its vectors mean nothing, but cost nothing.
  fake: async (options) =>
    (await import("@llx/embeddings/testing")).fakeEmbedding({ ...options, dimensions: 384 }),
};

/** The model that `--provider` names; a missing key is the caller's mistake. */
export async function openModel(
  provider: ProviderName,
  workers: number | undefined,
): Promise<EmbeddingModel> {
  try {
    return await makers[provider]({ workers });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
