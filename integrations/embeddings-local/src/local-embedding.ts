import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import {
  checkOptionNames,
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
} from "@llx/embeddings";
import { chooseEngine } from "./choose-engine.ts";
import type { EngineName } from "./engine.ts";
import { show } from "./json-file.ts";
import { includedModel, type LocalModel, type Pooling, type Precision } from "./local-model.ts";
import { checkPrefixes, inputTypesOf, type Prefixes, readPrefixes } from "./prefixes.ts";
import { readModel } from "./read-model.ts";
import { ThreadPool } from "./thread-pool.ts";
import { readWordPieces, type WordPieces } from "./word-pieces.ts";

export interface LocalEmbeddingOptions extends EmbeddingModelOptions {
  /**
   * The number of threads, each with the model in its memory (some 200 MB for the included one), and of concurrent requests.
   *
   * @default the parallelism of the machine, at most 4
   */
  readonly workers?: number | undefined;
  /**
   * Starts the threads at once, and reads the model into each while the program does something else, rather than when the
   * first texts come. A program that may never embed anything leaves it out.
   *
   * @default false
   */
  readonly preload?: boolean | undefined;
  /**
   * What computes the vectors, which are the same. `"onnxruntime-node"` is several times faster, and an optional package
   * with native code; `"wasm"` is WebAssembly, and included. A named engine that does not work is an error.
   *
   * @default "onnxruntime-node" where it is installed, else, or if it cannot be loaded, "wasm"
   */
  readonly engine?: EngineName | undefined;
  /**
   * `"int8"` computes with integers of 8 bits, about twice as fast as `"fp32"`, and its vectors are similar: a search finds the same
   * text first for about nine of ten questions. A text has the same vector alone and among others. It needs
   * `onnxruntime-node`. Vectors of the two precisions are not to be mixed.
   *
   * @default "fp32"
   */
  readonly precision?: Precision | undefined;
  /**
   * A BERT encoder as sentence-transformers stores it, such as bge-small-en-v1.5: the path of a folder, absolute or
   * beginning with `./`, or the name of an installed package. Nothing is downloaded.
   *
   * @default all-MiniLM-L6-v2, which is included
   */
  readonly model?: string | undefined;
  /**
   * How a text's vector is made of those of its tokens, for a `model` whose files do not state it: the mean, or the first.
   *
   * @default as `1_Pooling/config.json` of the model says
   */
  readonly pooling?: Pooling | undefined;
  /**
   * What is put before each text, by its input type, such as `{ query: "query: ", document: "passage: " }`, as the card
   * of `model` says; `{}` for nothing. It becomes part of the text, and of the cache key.
   *
   * @default the prompts of the model's `config_sentence_transformers.json`, else none
   */
  readonly prefixes?: Prefixes | undefined;
}

/** Texts in one request: enough that some are of the same length, few enough to spread evenly over the threads. */
const inputsPerRequest = { "onnxruntime-node": 16, wasm: 8 };

/** Options that not every provider has. */
const ownOptions = ["preload", "engine", "precision", "model", "pooling", "prefixes"];

/**
 * Sentence embeddings on this machine, without key or network: by all-MiniLM-L6-v2 (384 dimensions), or by the BERT
 * encoder in the folder or package `model`. The included model
 * reads 254 tokens of a text, about 200 words; a longer text is an error, unless `truncate` is set. Which engine has
 * computed the vectors is part of the `model` of a batch and of its `embedding` events, as in
 * `all-MiniLM-L6-v2 (onnxruntime-node)`.
 *
 * Call `aclose()` to end its threads.
 *
 * @throws TypeError or RangeError for invalid options, such as a number of workers that is not a whole number from 1, an engine
 *   that is not installed, or a model that cannot be read: the message names the file and the field
 * @see https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
 */
export function localEmbedding(options: LocalEmbeddingOptions = {}): EmbeddingModel {
  checkOptionNames(options, ownOptions);
  const { preload = false } = options;
  if (typeof preload !== "boolean")
    throw new TypeError(`preload must be true or false, not ${show(preload)}`);
  const workers = options.workers ?? Math.min(4, availableParallelism());
  const { model, prefixes, tokenizer, tokensPerText } = openModel(options);
  const engine = chooseEngine(options.engine, nativeOnly(model));
  const threads = new ThreadPool(workers, { model, engine });
  const made = createEmbeddingModel(
    {
      provider: "local",
      model: model.name,
      dimensions: model.shape.hidden,
      limits: { inputs: inputsPerRequest[engine.name], tokensPerInput: tokensPerText },
      variant: options.cache ? variantOf(model, prefixes, options.model !== undefined) : undefined,
      capabilities: { inputTypes: inputTypesOf(prefixes), truncation: true },
      countTokens: (text) => tokenizer().tokensOf(text).length,
      options: ownOptions,
      async embed({ texts, inputType }, { signal }) {
        const prefix = prefixes[inputType] ?? "";
        const { vectors, engine: used } = await threads.embed(
          texts.map((text) => prefix + text),
          signal,
        );
        return {
          embeddings: vectors.map((embedding, index) => ({ index, embedding })),
          model: `${model.name} (${used}${model.precision === "int8" ? ", int8" : ""})`,
        };
      },
      aclose: () => threads.aclose(),
    },
    { ...options, workers },
  );
  // Not before: options may be wrong.
  for (let count = preload ? workers : 0; count > 0; count--) threads.preload();
  return made;
}

interface OpenModel {
  readonly model: LocalModel;
  readonly prefixes: Prefixes;
  readonly tokenizer: () => WordPieces;
  /** Tokens that the model reads of a text, without its marks and the longest prefix. */
  readonly tokensPerText: number;
}

/** An option that only native code supports. */
function nativeOnly({ precision, pooling }: LocalModel): string | undefined {
  if (precision === "int8") return 'precision "int8"';
  return pooling === "cls" ? 'pooling "cls"' : undefined;
}

function checkPrecision(precision: Precision = "fp32"): Precision {
  if (precision === "fp32" || precision === "int8") return precision;
  throw new TypeError(`precision must be "fp32" or "int8", not ${show(precision)}`);
}

function openModel(options: LocalEmbeddingOptions): OpenModel {
  const precision = checkPrecision(options.precision);
  if (options.model === undefined) {
    for (const name of ["pooling", "prefixes"] as const) {
      if (options[name] !== undefined)
        throw new TypeError(`${name} is an option of another model: set model too`);
    }
    const model = { ...includedModel(), precision };
    let tokenizer: WordPieces | undefined;
    return {
      model,
      prefixes: {},
      // It takes a moment, and a program may never embed anything.
      tokenizer: () => (tokenizer ??= readWordPieces(model.files.tokenizer)),
      tokensPerText: 254,
    };
  }
  const { model: read, tokenizer } = readModel(options.model, options.pooling);
  const model = { ...read, precision };
  const prefixes =
    options.prefixes === undefined
      ? readPrefixes(dirname(model.files.config))
      : checkPrefixes(options.prefixes);
  const longest = Math.max(0, ...Object.values(prefixes).map((prefix) => tokenizer.tokensOf(prefix).length));
  const tokensPerText = model.mostTokens - tokenizer.before.length - tokenizer.after.length - longest;
  if (tokensPerText < 1) {
    throw new RangeError(
      `the model reads ${model.mostTokens} tokens, of which its marks and the longest prefix leave no room for a text`,
    );
  }
  return { model, prefixes, tokenizer: () => tokenizer, tokensPerText };
}

/** What else the vectors depend on: folders may have the same name. */
function variantOf(
  { files, pooling, mostTokens, precision }: LocalModel,
  prefixes: Prefixes,
  isOther: boolean,
): string | undefined {
  if (!isOther) return precision === "fp32" ? undefined : precision;
  const hash = createHash("sha256");
  for (const file of [files.config, files.tokenizer, files.weights]) hash.update(readFileSync(file));
  return JSON.stringify([hash.digest("hex"), pooling, mostTokens, precision, prefixes]);
}
