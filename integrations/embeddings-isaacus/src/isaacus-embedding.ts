import {
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  parseEmbeddings,
} from "@llx/embeddings";
import { endpointUrl, HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";
import { readResponse } from "./read-response.ts";
import { readError } from "./read-error.ts";

/** The numbers of dimensions to choose from, with the default of the model first. */
const dimensionsToChoose: Readonly<Record<string, readonly [number, ...number[]] | undefined>> = {
  "kanon-2-embedder": [1792, 1024, 768, 512, 256],
};
const tasks = ["retrieval/document", "retrieval/query"] as const;

/** What a text is for, in the words of the service. */
export type IsaacusTask = (typeof tasks)[number];

export interface IsaacusEmbeddingOptions
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /** Default: `ISAACUS_API_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /** With its version. Default: `ISAACUS_BASE_URL` of the environment, else the service's own address. */
  readonly baseUrl?: string | undefined;
  /** Default `kanon-2-embedder`. */
  readonly model?: string | undefined;
  /**
   * Numbers in an embedding: of `kanon-2-embedder` 1792, 1024, 768, 512 or 256.
   *
   * @default as many as the model has
   */
  readonly dimensions?: number | undefined;
  /**
   * The task that is sent with texts; `null` for none. Queries are always sent with `retrieval/query`.
   *
   * @default "retrieval/document"
   */
  readonly textTask?: IsaacusTask | null | undefined;
}

const provider = "Isaacus";

/**
 * Embeddings of legal texts by Isaacus.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://docs.isaacus.com/api-reference
 */
export function isaacusEmbedding(options: IsaacusEmbeddingOptions = {}): EmbeddingModel {
  const apiKey = requireApiKey(provider, { given: options.apiKey, variables: ["ISAACUS_API_KEY"] });
  const url = readUrl(options.baseUrl);
  const { model = "kanon-2-embedder", dimensions, textTask = "retrieval/document" } = options;
  const toChoose = dimensionsToChoose[model];
  checkTask(textTask);
  const { headers, dispatcher, proxy } = options;
  const http = new HttpClient({ provider, headers, dispatcher, proxy, readError });
  // Sent with each request, whatever form the caller's own headers have.
  const key = { authorization: `Bearer ${apiKey}` };
  return createEmbeddingModel(
    {
      provider,
      model,
      variant: JSON.stringify([url, textTask]),
      dimensions: dimensions ?? toChoose?.[0],
      limits: { inputs: 128, tokensPerInput: 16_384 },
      capabilities: {
        dimensions: toChoose ?? [],
        inputTypes: ["document", "query"],
        truncation: true,
      },
      options: [
        "apiKey",
        "baseUrl",
        "model",
        "dimensions",
        "textTask",
        "headers",
        "dispatcher",
        "proxy",
      ] satisfies (keyof IsaacusEmbeddingOptions)[],
      async embed({ texts, inputType, truncate }, attempt) {
        const body = {
          model,
          texts,
          task: inputType === "query" ? "retrieval/query" : (textTask ?? undefined),
          // Without this field, a text that is too long is cut silently.
          overflow_strategy: truncate ? "drop_end" : null,
          dimensions,
        };
        return readResponse(
          await http.postJson(url, body, { ...attempt, headers: key, parse: parseEmbeddings }),
        );
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}

function readUrl(given: string | undefined): string {
  const base = readSetting({ given, variables: ["ISAACUS_BASE_URL"] }) ?? "https://api.isaacus.com/v1";
  return endpointUrl(provider, base, "/embeddings");
}

function checkTask(textTask: string | null): void {
  if (textTask !== null && !tasks.some((each) => each === textTask)) {
    throw new TypeError(
      `textTask must be ${tasks.map((task) => JSON.stringify(task)).join(", ")} or null, ` +
        `not ${JSON.stringify(textTask)}`,
    );
  }
}
