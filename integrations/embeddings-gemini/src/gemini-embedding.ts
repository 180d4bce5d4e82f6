import {
  checkOptionNames,
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  type InputType,
  parseEmbeddings,
} from "@llx/embeddings";
import { endpointUrl, HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";
import { knownModels, taskTypes } from "./known-models.ts";
import { readResponse } from "./read-response.ts";

export interface GeminiEmbeddingOptions
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /** Default: `GOOGLE_API_KEY` of the environment, else `GEMINI_API_KEY`. */
  readonly apiKey?: string | undefined;
  /**
   * With or without the version of the API, which is `/v1beta` by default. Default: `GOOGLE_GEMINI_BASE_URL` of the
   * environment, else the service's own address.
   */
  readonly baseUrl?: string | undefined;
  /** Default `gemini-embedding-2`. */
  readonly model?: string | undefined;
  /**
   * Numbers in an embedding, up to 3072; Google recommends 3072, 1536 or 768.
   *
   * @default as many as the model has
   */
  readonly dimensions?: number | undefined;
  /**
   * Whether the service is told what a text is embedded for: its input type. Without, texts are embedded as they are, as
   * some other libraries do: for vectors that are compared with theirs.
   *
   * @default true
   */
  readonly tasks?: boolean | undefined;
}

const provider = "Gemini";
const address = "https://generativelanguage.googleapis.com";
// "BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch": not in the documents, but in the error
// of the service (github.com/langchain-ai/langchainjs/issues/4491), and in @ai-sdk/google@4.0.121.
const inputs = 100;

/** Options that not every provider has. */
const ownOptions = [
  "apiKey",
  "baseUrl",
  "model",
  "dimensions",
  "tasks",
  "headers",
  "dispatcher",
  "proxy",
] satisfies (keyof GeminiEmbeddingOptions)[];

/**
 * Embeddings by Google's Gemini API.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://ai.google.dev/gemini-api/docs/embeddings
 */
export function geminiEmbedding(options: GeminiEmbeddingOptions = {}): EmbeddingModel {
  checkOptionNames(options, ownOptions);
  // In the order of @google/genai@3.3.0.
  const variables = ["GOOGLE_API_KEY", "GEMINI_API_KEY"];
  const apiKey = requireApiKey(provider, { given: options.apiKey, variables });
  const { dimensions, tasks = true, headers, dispatcher, proxy } = options;
  // Google lists its models as `models/…`.
  const model = (options.model ?? "gemini-embedding-2").replace(/^models\//, "");
  const known = Object.hasOwn(knownModels, model) ? knownModels[model] : undefined;
  if (typeof tasks !== "boolean") throw new TypeError("tasks must be true or false");
  const url = readUrl(options.baseUrl, model);
  const http = new HttpClient({ provider, headers, dispatcher, proxy });
  // Sent with each request, whatever form the caller's own headers have.
  const key = { "x-goog-api-key": apiKey };
  const isShortened = dimensions !== undefined && known !== undefined && dimensions < known.dimensions;
  return createEmbeddingModel(
    {
      provider,
      model,
      variant: JSON.stringify([url, tasks]),
      dimensions: dimensions ?? known?.dimensions,
      limits: { inputs, tokensPerInput: known?.tokensPerInput },
      capabilities: {
        maxDimensions: known?.dimensions,
        inputTypes: tasks ? (Object.keys(taskTypes) as InputType[]) : [],
        truncation: true,
      },
      options: ownOptions,
      async embed({ texts, inputType, truncate }, attempt) {
        const prefix = (tasks && known?.prefixes?.[inputType]) || "";
        const common = {
          model: `models/${model}`,
          taskType: tasks && known?.prefixes === undefined ? taskTypes[inputType] : undefined,
          outputDimensionality: dimensions,
          // The documents have the dimensions here, Google's own clients above.
          ...(known?.refusesLongTexts === true &&
            !truncate && { embedContentConfig: { autoTruncate: false, outputDimensionality: dimensions } }),
        };
        const requests = texts.map((text) => ({ ...common, content: { parts: [{ text: prefix + text }] } }));
        const sent = { ...attempt, headers: key, parse: parseEmbeddings };
        const response = await http.postJson(url, { requests }, sent);
        return readResponse(response, isShortened && !known.normalizes);
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}

function readUrl(given: string | undefined, model: string): string {
  const base = readSetting({ given, variables: ["GOOGLE_GEMINI_BASE_URL"], fallback: address });
  // The version of the documents; `embedContentConfig` is not documented for v1, which @google/genai@3.3.0 prefers.
  const version = /\/v\d\w*\/*$/.test(base) ? "" : "/v1beta";
  return endpointUrl(provider, base, `${version}/models/${encodeURIComponent(model)}:batchEmbedContents`);
}
