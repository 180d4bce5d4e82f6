import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import {
  createEmbeddingModel,
  type EmbeddingLimits,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  type EmbeddingResponse,
} from "@llx/embeddings";
import { answerOf } from "./answer-of.ts";
import { LangChainError } from "./lang-chain-error.ts";
import { unlessAborted } from "./unless-aborted.ts";

export interface FromLangChainOptions extends EmbeddingModelOptions {
  /** Names it in events and messages. Default: the class of the embeddings. */
  readonly provider?: string | undefined;
  /** Default: `model` of the embeddings, else their class. */
  readonly model?: string | undefined;
  /** What one request can take. Default: as many texts as `batchSize` of the embeddings, else 96. */
  readonly limits?: Partial<EmbeddingLimits> | undefined;
  /** Numbers in an embedding; each answer is checked against it. Default: as the first answer has. */
  readonly dimensions?: number | undefined;
  /** Part of a cache's key: an address or whatever else the vectors depend on. */
  readonly variant?: string | undefined;
}

/** What most `Embeddings` of LangChain have beside their methods. */
interface Settings {
  readonly model?: unknown;
  readonly batchSize?: unknown;
  readonly caller?: { readonly maxRetries?: unknown; readonly maxConcurrency?: unknown };
}

/** What nearly every service takes. */
const defaultInputs = 96;

/**
 * `Embeddings` of LangChain.js as a model of `@llx/embeddings`. Its requests fail with a `LangChainError`.
 *
 * @throws TypeError or RangeError for what are no embeddings, for ones that try again by themselves while the model does
 *   too, and for options that cannot be
 */
export function fromLangChain(
  embeddings: EmbeddingsInterface,
  options: FromLangChainOptions = {},
): EmbeddingModel {
  checkMethods(embeddings);
  const { caller, model: named, batchSize } = embeddings as Settings;
  checkRetries(caller?.maxRetries, options);
  const { provider = embeddings.constructor.name, dimensions, variant, limits } = options;
  const model = options.model ?? (typeof named === "string" && named !== "" ? named : provider);
  const inputs = typeof batchSize === "number" ? batchSize : defaultInputs;
  return createEmbeddingModel(
    {
      provider,
      model,
      variant,
      dimensions,
      limits: { inputs, ...limits },
      capabilities: { inputTypes: ["document", "query"] },
      options: [
        "provider",
        "model",
        "limits",
        "dimensions",
        "variant",
      ] satisfies (keyof FromLangChainOptions)[],
      async embed({ texts, inputType }, { signal }) {
        try {
          const work =
            inputType === "query"
              ? embedQueries(embeddings, texts, signal)
              : embedDocuments(embeddings, texts);
          return await unlessAborted(work, signal);
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          throw new LangChainError(error, { provider, texts });
        }
      },
    },
    { ...options, workers: options.workers ?? workersOf(caller?.maxConcurrency) },
  );
}

function embedDocuments(
  embeddings: EmbeddingsInterface,
  texts: readonly string[],
): Promise<EmbeddingResponse> {
  return answerOf(embeddings, "embedDocuments", (each) => each.embedDocuments([...texts]));
}

/** One after another: LangChain has no request for several. */
async function embedQueries(
  embeddings: EmbeddingsInterface,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<EmbeddingResponse> {
  const answers: EmbeddingResponse[] = [];
  for (const text of texts) {
    signal.throwIfAborted();
    answers.push(
      // oxlint-disable-next-line no-await-in-loop
      await answerOf(embeddings, "embedQuery", async (each) => [await each.embedQuery(text)]),
    );
  }
  if (answers.length === 1) return answers[0]!;
  return {
    embeddings: answers.flatMap(
      (answer, index) => answer.embeddings?.map(({ embedding }) => ({ index, embedding })) ?? [],
    ),
  };
}

/** More requests than LangChain lets through would only wait there. */
function workersOf(maxConcurrency: unknown): number | undefined {
  return typeof maxConcurrency === "number" && Number.isFinite(maxConcurrency) ? maxConcurrency : undefined;
}

function checkMethods(embeddings: EmbeddingsInterface): void {
  const { embedDocuments: many, embedQuery: one } = (embeddings ?? {}) as Partial<EmbeddingsInterface>;
  if (typeof many === "function" && typeof one === "function") return;
  const given = embeddings === null ? "null" : typeof embeddings;
  throw new TypeError(
    `embeddings must be Embeddings of LangChain, with embedDocuments and embedQuery, not ${given}`,
  );
}

function checkRetries(maxRetries: unknown, { retry }: FromLangChainOptions): void {
  if (typeof maxRetries !== "number" || maxRetries === 0 || retry?.attempts === 1) return;
  throw new TypeError(
    `these embeddings try again by themselves (maxRetries is ${maxRetries}), and so would the model: make them ` +
      `with maxRetries: 0; or leave it to them, with the option retry: { attempts: 1 }`,
  );
}
