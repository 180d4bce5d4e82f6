import { availableParallelism } from "node:os";
import { createEmbeddingModel, type EmbeddingModel, type EmbeddingModelOptions } from "@llx/embeddings";
import { chooseEngine } from "./choose-engine.ts";
import type { EngineName } from "./engine.ts";
import { dimensions, tokensPerText } from "./model-files.ts";
import { ThreadPool } from "./thread-pool.ts";
import { countWordPieces } from "./word-pieces.ts";

export interface LocalEmbeddingOptions extends EmbeddingModelOptions {
  /**
   * The number of threads, each with the model in its memory (some 200 MB), and of concurrent requests.
   *
   * @default the parallelism of the machine, at most 4
   */
  readonly workers?: number | undefined;
  /**
   * What computes the vectors, which are the same. `"onnxruntime-node"` is several times faster, and an optional package
   * with native code; `"wasm"` is WebAssembly, and included. A named engine that does not work is an error.
   *
   * @default "onnxruntime-node" where it is installed, else, or if it cannot be loaded, "wasm"
   */
  readonly engine?: EngineName | undefined;
}

const modelName = "all-MiniLM-L6-v2";

/** Texts in one request: enough that some are of the same length, few enough to spread evenly over the threads. */
const inputsPerRequest = { "onnxruntime-node": 32, wasm: 8 };

/**
 * Sentence embeddings on this machine by all-MiniLM-L6-v2 (384 dimensions), without key or network. The model
 * reads 254 tokens of a text, about 200 words; a longer text is an error, unless `truncate` is set. Which engine has
 * computed the vectors is part of the `model` of a batch and of its `embedding` events, as in
 * `all-MiniLM-L6-v2 (onnxruntime-node)`.
 *
 * Call `aclose()` to end its threads.
 *
 * @throws TypeError or RangeError for invalid options, such as a number of workers that is not a whole number from 1, or an engine
 *   that is not installed
 * @see https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
 */
export function localEmbedding(options: LocalEmbeddingOptions = {}): EmbeddingModel {
  const workers = options.workers ?? Math.min(4, availableParallelism());
  const engine = chooseEngine(options.engine);
  const threads = new ThreadPool(workers, engine);
  return createEmbeddingModel(
    {
      provider: "local",
      model: modelName,
      dimensions,
      limits: { inputs: inputsPerRequest[engine.name], tokensPerInput: tokensPerText },
      capabilities: { truncation: true },
      countTokens: countWordPieces,
      options: ["engine"],
      async embed({ texts }, { signal }) {
        const { vectors, engine: used } = await threads.embed(texts, signal);
        return {
          embeddings: vectors.map((embedding, index) => ({ index, embedding })),
          model: `${modelName} (${used})`,
        };
      },
      aclose: () => threads.aclose(),
    },
    { ...options, workers },
  );
}
