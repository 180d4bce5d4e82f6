import {
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  type InputType,
  parseEmbeddings,
} from "@llx/embeddings";
import { endpointUrl, HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";
import { readResponse } from "./read-response.ts";
import { readError } from "./read-error.ts";

export interface GeminiEmbeddingOptions
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /** Default: `GEMINI_API_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /**
   * With its version. Default: `GEMINI_BASE_URL` of the environment, else the service's own address.
   */
  readonly baseUrl?: string | undefined;
  /** Default `sample-embed`. */
  readonly model?: string | undefined;
}

// Fill in: what the service's documents say.
const provider = "Gemini";
const address = "https://api.gemini.example/v1";
const defaultModel = "sample-embed";
const limits = { inputs: 128, charactersPerInput: 8192 };
/** Numbers in an embedding of each known model; of another, the first response shows it. */
const knownDimensions: Readonly<Record<string, number | undefined>> = { "sample-embed": 1024 };
/** The purposes of a text that the service accepts. */
const purposes: Readonly<Partial<Record<InputType, string>>> = { document: "store", query: "search" };

/**
 * Embeddings by Gemini.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://docs.gemini.example/embeddings
 */
export function geminiEmbedding(options: GeminiEmbeddingOptions = {}): EmbeddingModel {
  const apiKey = requireApiKey(provider, { given: options.apiKey, variables: ["GEMINI_API_KEY"] });
  const url = readUrl(options.baseUrl);
  const { model = defaultModel, headers, dispatcher, proxy } = options;
  const http = new HttpClient({ provider, headers, dispatcher, proxy, readError });
  // Fill in: how the key is sent. It is sent with each request, whatever form the caller's own headers have.
  const key = { authorization: `Bearer ${apiKey}` };
  return createEmbeddingModel(
    {
      provider,
      model,
      variant: url,
      dimensions: knownDimensions[model],
      limits,
      capabilities: { inputTypes: Object.keys(purposes) as InputType[] },
      options: [
        "apiKey",
        "baseUrl",
        "model",
        "headers",
        "dispatcher",
        "proxy",
      ] satisfies (keyof GeminiEmbeddingOptions)[],
      async embed({ texts, inputType }, attempt) {
        // Fill in: the fields of a request.
        const body = { model, texts, purpose: purposes[inputType] };
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
  const base = readSetting({ given, variables: ["GEMINI_BASE_URL"] }) ?? address;
  // Fill in: the path.
  return endpointUrl(provider, base, "/embed");
}
