import { availableParallelism } from "node:os";
import { createEmbeddingModel, type EmbeddingModel, type EmbeddingModelOptions } from "@llx/embeddings";
import { ThreadPool } from "./thread-pool.ts";
import { countWordPieces } from "./word-pieces.ts";

export interface LocalEmbeddingOptions extends EmbeddingModelOptions {
  /**
   * The number of threads, each with the model in its memory (some 200 MB), and of concurrent requests.
   *
   * @default the parallelism of the machine, at most 4
   */
  readonly workers?: number | undefined;
}

/** Texts in one request: enough to be worth the message, few enough to spread evenly over the threads. */
const inputsPerRequest = 8;

/** The model reads 256, including the marks before and after each text. */
const tokensPerText = 254;

/**
 * Sentence embeddings on this machine by all-MiniLM-L6-v2 (384 dimensions), without key or network. The model
 * reads 254 tokens of a text, about 200 words; a longer text is an error, unless `truncate` is set. About 20
 * short texts a second for each thread.
 *
 * Call `aclose()` to end its threads.
 *
 * @throws TypeError or RangeError for invalid options, such as a number of workers that is not a whole number from 1
 * @see https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
 */
export function localEmbedding(options: LocalEmbeddingOptions = {}): EmbeddingModel {
  const workers = options.workers ?? Math.min(4, availableParallelism());
  const threads = new ThreadPool(workers);
  return createEmbeddingModel(
    {
      provider: "local",
      model: "all-MiniLM-L6-v2",
      dimensions: 384,
      limits: { inputs: inputsPerRequest, tokensPerInput: tokensPerText },
      capabilities: { truncation: true },
      countTokens: countWordPieces,
      async embed({ texts }, { signal }) {
        const vectors = await threads.embed(texts, signal);
        return { embeddings: vectors.map((embedding, index) => ({ index, embedding })) };
      },
      aclose: () => threads.aclose(),
    },
    { ...options, workers },
  );
}
