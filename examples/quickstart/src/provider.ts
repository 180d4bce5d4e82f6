import type { EmbeddingModel } from "@llx/embeddings";
import { herokuEmbedding } from "@llx/embeddings-heroku";
import { isaacusEmbedding } from "@llx/embeddings-isaacus";
import { localEmbedding } from "@llx/embeddings-local";
import { openaiEmbedding } from "@llx/embeddings-openai";
import { type ProviderName, UsageError } from "./arguments.ts";

interface Options {
  readonly workers: number | undefined;
  /** For services. */
  readonly apiKey?: string | undefined;
}

const makers = {
  heroku: (options: Options) => herokuEmbedding(options),
  isaacus: (options: Options) => isaacusEmbedding(options),
  openai: (options: Options) => openaiEmbedding(options),
  // A passage is rarely longer than this model reads; the part that it cuts off does not matter here.
  local: ({ workers }: Options) => localEmbedding({ workers, truncate: true }),
};

/** The model that `--provider` names. A missing key is a `UsageError`, except for a dry run, which sends nothing. */
export function openModel(
  provider: ProviderName,
  { workers, dryRun }: { readonly workers: number | undefined; readonly dryRun: boolean },
): EmbeddingModel {
  try {
    return makers[provider]({ workers, ...(dryRun && { apiKey: "not-needed-as-nothing-is-sent" }) });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
