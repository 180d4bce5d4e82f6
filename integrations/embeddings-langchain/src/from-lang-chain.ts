import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import {
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  type EmbeddingResponse,
} from "@llx/embeddings";
import { describeKind, raceAbort } from "@llx/support";
import { LangChainError } from "./lang-chain-error.ts";
import { responseOf } from "./response-of.ts";

export interface FromLangChainOptions extends EmbeddingModelOptions {
  /**
   * The name in events and messages.
   *
   * @default the class of the embeddings
   */
  readonly provider?: string | undefined;
  /**
   * The name of the model in events and messages.
   *
   * @default `model` of the embeddings, otherwise their class
   */
  readonly model?: string | undefined;
  /**
   * The numbers in an embedding; each response is checked against it.
   *
   * @default as many as in the first response
   */
  readonly dimensions?: number | undefined;
  /** Part of a cache's key: an address or whatever else the vectors depend on. */
  readonly variant?: string | undefined;
}

/** Properties that most `Embeddings` of LangChain have. */
interface Settings {
  readonly model?: unknown;
  readonly batchSize?: unknown;
  readonly caller?: { readonly maxRetries?: unknown; readonly maxConcurrency?: unknown };
}

/** Nearly every service accepts as many. */
const defaultInputs = 96;

/**
 * `Embeddings` of LangChain.js as a model of `@llx/embeddings`. Its requests fail with a `LangChainError`.
 *
 * @param embeddings of LangChain.js; set its `maxRetries` to 0, because the model retries
 * @throws TypeError or RangeError for other values than embeddings, for embeddings that retry while the model retries
 *   too, and for invalid options
 */
export function fromLangChain(
  embeddings: EmbeddingsInterface,
  options: FromLangChainOptions = {},
): EmbeddingModel {
  checkMethods(embeddings);
  const { caller, model: named, batchSize } = embeddings as Settings;
  checkRetries(caller?.maxRetries, options);
  const { provider = embeddings.constructor.name, dimensions, variant } = options;
  const model = options.model ?? (typeof named === "string" && named !== "" ? named : provider);
  const inputs = typeof batchSize === "number" ? batchSize : defaultInputs;
  return createEmbeddingModel(
    {
      provider,
      model,
      variant,
      dimensions,
      limits: { inputs },
      capabilities: { inputTypes: ["document", "query"] },
      options: ["provider", "model", "dimensions", "variant"] satisfies (keyof FromLangChainOptions)[],
      async embed({ texts, inputType }, { signal }) {
        try {
          const work =
            inputType === "query"
              ? embedQueries(embeddings, texts, signal)
              : embedDocuments(embeddings, texts);
          return await raceAbort(work, signal);
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
  return responseOf(embeddings, "embedDocuments", (each) => each.embedDocuments([...texts]));
}

/** One after another: LangChain has no request for several queries. */
async function embedQueries(
  embeddings: EmbeddingsInterface,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<EmbeddingResponse> {
  const responses: EmbeddingResponse[] = [];
  for (const text of texts) {
    signal.throwIfAborted();
    responses.push(
      // oxlint-disable-next-line no-await-in-loop
      await responseOf(embeddings, "embedQuery", async (each) => [await each.embedQuery(text)]),
    );
  }
  if (responses.length === 1) return responses[0]!;
  return {
    embeddings: responses.flatMap(
      (response, index) => response.embeddings?.map(({ embedding }) => ({ index, embedding })) ?? [],
    ),
  };
}

/** More requests would wait within LangChain. */
function workersOf(maxConcurrency: unknown): number | undefined {
  return typeof maxConcurrency === "number" && Number.isFinite(maxConcurrency) ? maxConcurrency : undefined;
}

function checkMethods(embeddings: EmbeddingsInterface): void {
  const { embedDocuments: many, embedQuery: one } = (embeddings ?? {}) as Partial<EmbeddingsInterface>;
  if (typeof many === "function" && typeof one === "function") return;
  throw new TypeError(
    `embeddings must be Embeddings of LangChain, with embedDocuments and embedQuery, not ${describeKind(embeddings)}`,
  );
}

function checkRetries(maxRetries: unknown, { retry }: FromLangChainOptions): void {
  if (typeof maxRetries !== "number" || maxRetries === 0 || retry?.attempts === 1) return;
  throw new TypeError(
    `these embeddings retry by themselves (maxRetries is ${maxRetries}), and the model would too: create them with ` +
      `maxRetries: 0, or leave retries to them with the option retry: { attempts: 1 }`,
  );
}
