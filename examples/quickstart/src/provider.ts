import type { EmbeddingModel } from "@llx/embeddings";
import { herokuEmbedding } from "@llx/embeddings-heroku";
import { isaacusEmbedding } from "@llx/embeddings-isaacus";
import { localEmbedding } from "@llx/embeddings-local";
import { openaiEmbedding } from "@llx/embeddings-openai";
import { type ProviderName, UsageError } from "./arguments.ts";

interface Options {
  readonly workers: number | undefined;
  /** Whether nothing will be embedded. */
  readonly dryRun: boolean;
}

const forService = ({ workers, dryRun }: Options) => ({
  workers,
  ...(dryRun && { apiKey: "not-needed-as-nothing-is-sent" }),
});

const makers = {
  heroku: (options: Options) => herokuEmbedding(forService(options)),
  isaacus: (options: Options) => isaacusEmbedding(forService(options)),
  openai: (options: Options) => openaiEmbedding(forService(options)),
  // A passage is rarely longer than this model reads; the part that it cuts off does not matter here.
  // Its threads read the model while the program reads the documents.
  local: ({ workers, dryRun }: Options) => localEmbedding({ workers, truncate: true, preload: !dryRun }),
};

/** The model that `--provider` names. A missing key is a `UsageError`, except for a dry run, which sends nothing. */
export function openModel(provider: ProviderName, { workers, dryRun }: Options): EmbeddingModel {
  try {
    return makers[provider]({ workers, dryRun });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
