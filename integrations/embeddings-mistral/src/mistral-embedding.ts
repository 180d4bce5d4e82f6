import {
  checkOptionNames,
  createEmbeddingModel,
  type ElementType,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  parseEmbeddings,
  readOpenaiResponse,
} from "@llx/embeddings";
import { endpointUrl, HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";
import { knownModel } from "./known-models.ts";

/**
 * The options of all providers, and those of Mistral.
 *
 * @typeParam E what the numbers of the embeddings are
 */
export interface MistralEmbeddingOptions<E extends ElementType = "float">
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /** Default: `MISTRAL_API_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /** With its version. Default: `MISTRAL_BASE_URL` of the environment, else the service's own address. */
  readonly baseUrl?: string | undefined;
  /** Default `mistral-embed`. */
  readonly model?: string | undefined;
  /**
   * Numbers in an embedding: of `codestral-embed` up to 3072.
   *
   * @default as many as the model has
   */
  readonly dimensions?: number | undefined;
  /**
   * The element type of the embeddings. Documented for `codestral-embed`; whether other models have others than floats,
   * the service decides.
   *
   * @default "float"
   */
  readonly elementType?: E;
  /**
   * How vectors are transferred. Base64 of floats takes less than half the bytes; Mistral does not document its layout: a
   * vector without the length of little-endian numbers is an error.
   *
   * @default "json"
   */
  readonly encoding?: "json" | "base64" | undefined;
}

const provider = "Mistral";

const limits = {
  // 256 are accepted, 257 refused: https://github.com/raphaelmansuy/edgequake-llm, src/providers/mistral.rs
  inputs: 256,
  // Documented are 8192 (https://docs.mistral.ai/models/mistral-embed-23-12), but a text of 8190 was accepted and one of 8192
  // refused: https://github.com/langchain-ai/langchain/issues/20523
  tokensPerInput: 8190,
  // "Max is 16384 got 17555": https://github.com/aurelio-labs/semantic-router/issues/297. In July 2026, 65,286 were
  // accepted and 66,960 refused: https://github.com/garrytan/gbrain, src/core/ai/recipes/mistral.ts
  tokens: 16_384,
};

/** Options that not every provider has. */
const ownOptions = [
  "apiKey",
  "baseUrl",
  "model",
  "dimensions",
  "elementType",
  "encoding",
  "headers",
  "dispatcher",
  "proxy",
] satisfies (keyof MistralEmbeddingOptions)[];

/**
 * Embeddings by Mistral AI.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://docs.mistral.ai/api/endpoint/embeddings
 */
export function mistralEmbedding<E extends ElementType = "float">(
  options: MistralEmbeddingOptions<E> = {},
): EmbeddingModel<E> {
  checkOptionNames(options, ownOptions);
  const apiKey = requireApiKey(provider, { given: options.apiKey, variables: ["MISTRAL_API_KEY"] });
  const url = readUrl(options.baseUrl);
  const { model = "mistral-embed", dimensions, elementType, encoding = "json" } = options;
  const known = knownModel(model, dimensions);
  const { headers, dispatcher, proxy } = options;
  const http = new HttpClient({ provider, headers, dispatcher, proxy });
  // Sent with each request, whatever form the caller's own headers have.
  const key = { authorization: `Bearer ${apiKey}` };
  return createEmbeddingModel<E>(
    {
      provider,
      model,
      variant: url,
      elementType,
      encoding,
      dimensions: dimensions ?? known?.dimensions,
      limits,
      capabilities: {
        maxDimensions: known?.maxDimensions,
        elementTypes: ["float", "int8", "uint8", "binary", "ubinary"],
        wireFormats: ["json", "base64"],
      },
      options: ownOptions,
      async embed({ texts }, attempt) {
        const body = {
          model,
          input: texts,
          output_dimension: dimensions,
          output_dtype: elementType === "float" ? undefined : elementType,
          encoding_format: encoding === "base64" ? encoding : undefined,
        };
        return readOpenaiResponse(
          await http.postJson(url, body, { ...attempt, headers: key, parse: parseEmbeddings }),
        );
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}

function readUrl(given: string | undefined): string {
  const base = readSetting({ given, variables: ["MISTRAL_BASE_URL"] }) ?? "https://api.mistral.ai/v1";
  return endpointUrl(provider, base, "/embeddings");
}
