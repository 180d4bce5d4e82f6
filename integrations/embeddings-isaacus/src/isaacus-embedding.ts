import {
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  parseEmbeddings,
} from "@llx/embeddings";
import { checkUrl, HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";
import { readAnswer } from "./read-answer.ts";
import { readError } from "./read-error.ts";

const dimensionsToChoose = [1792, 1024, 768, 512, 256] as const;
const tasks = ["retrieval/document", "retrieval/query"] as const;

/** Dimensions that the service can cut its embeddings to. */
export type IsaacusDimensions = (typeof dimensionsToChoose)[number];

/** What the service can be told that a text is for. */
export type IsaacusTask = (typeof tasks)[number];

export interface IsaacusEmbeddingOptions
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /** Default: `ISAACUS_API_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /** With its version. Default: `ISAACUS_BASE_URL` of the environment, else the service's own address. */
  readonly baseUrl?: string | undefined;
  /** Default `kanon-2-embedder`. */
  readonly model?: string | undefined;
  /** Default 1792. */
  readonly dimensions?: IsaacusDimensions | undefined;
  /**
   * The task that goes with texts; `null` for none. With queries goes `retrieval/query` in any case. Default
   * `retrieval/document`.
   */
  readonly textTask?: IsaacusTask | null | undefined;
}

const provider = "Isaacus";

/**
 * Embeddings of legal texts by Isaacus.
 *
 * @throws TypeError or RangeError for a missing key, an address that is none, and options that cannot be
 * @see https://docs.isaacus.com/api-reference
 */
export function isaacusEmbedding(options: IsaacusEmbeddingOptions = {}): EmbeddingModel {
  const apiKey = requireApiKey(provider, { given: options.apiKey, variables: ["ISAACUS_API_KEY"] });
  const url = readUrl(options.baseUrl);
  const { model = "kanon-2-embedder", dimensions = 1792, textTask = "retrieval/document" } = options;
  checkChoices(dimensions, textTask);
  const { headers, dispatcher, proxy } = options;
  const http = new HttpClient({
    provider,
    headers: { ...headers, authorization: `Bearer ${apiKey}` },
    dispatcher,
    proxy,
    readError,
  });
  return createEmbeddingModel(
    {
      provider,
      model,
      variant: JSON.stringify([url, textTask]),
      dimensions,
      limits: { inputs: 128, tokensPerInput: 16_384 },
      capabilities: {
        dimensions: dimensionsToChoose,
        inputTypes: ["document", "query"],
        truncation: true,
      },
      async embed({ texts, inputType, truncate }, attempt) {
        const body = {
          model,
          texts,
          task: inputType === "query" ? "retrieval/query" : (textTask ?? undefined),
          // Without this field a text that is too long is cut, and nobody told.
          overflow_strategy: truncate ? "drop_end" : null,
          dimensions,
        };
        return readAnswer(await http.postJson(url, body, { ...attempt, parse: parseEmbeddings }));
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}

function readUrl(given: string | undefined): string {
  const base = readSetting({ given, variables: ["ISAACUS_BASE_URL"] }) ?? "https://api.isaacus.com/v1";
  return `${checkUrl(provider, base).replace(/\/+$/, "")}/embeddings`;
}

function checkChoices(dimensions: number, textTask: string | null): void {
  if (!dimensionsToChoose.some((each) => each === dimensions)) {
    throw new RangeError(
      `dimensions must be one of ${dimensionsToChoose.join(", ")}, not ${JSON.stringify(dimensions)}`,
    );
  }
  if (textTask !== null && !tasks.some((each) => each === textTask)) {
    throw new TypeError(
      `textTask must be ${tasks.map((task) => JSON.stringify(task)).join(", ")} or null, ` +
        `not ${JSON.stringify(textTask)}`,
    );
  }
}
