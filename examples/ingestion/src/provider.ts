import type { EmbeddingModel } from "@llx/embeddings";
import { type ProviderName, UsageError } from "./arguments.ts";

interface Options {
  readonly workers: number | undefined;
}

/** Loads only what is requested. */
const makers: Record<ProviderName, (options: Options) => Promise<EmbeddingModel>> = {
  heroku: async (options) => (await import("@llx/embeddings-heroku")).herokuEmbedding(options),
  isaacus: async (options) => (await import("@llx/embeddings-isaacus")).isaacusEmbedding(options),
  local: async (options) => (await import("@llx/embeddings-local")).localEmbedding(options),
  // Its vectors are meaningless, but cost nothing.
  fake: async (options) =>
    (await import("@llx/embeddings/testing")).fakeEmbedding({ ...options, dimensions: 384 }),
};

/** The model that `--provider` names; a missing key is a usage error. */
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
