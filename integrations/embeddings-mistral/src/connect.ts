import type { ElementType, EmbeddingCapabilities } from "@llx/embeddings";
import { endpointUrl, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";
import { knownModel } from "./known-models.ts";

/**
 * The options that live calls and batches share.
 *
 * @typeParam E what the numbers of the embeddings are
 */
export interface MistralConnectionOptions<E extends ElementType = "float"> extends Pick<
  HttpClientOptions,
  "dispatcher" | "headers" | "proxy"
> {
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

/** Their names. */
export const connectionOptions: readonly (keyof MistralConnectionOptions)[] = [
  "apiKey",
  "baseUrl",
  "model",
  "dimensions",
  "elementType",
  "encoding",
  "headers",
  "dispatcher",
  "proxy",
];

const provider = "Mistral";

/** Of one request. */
export const limits = {
  // 256 are accepted, 257 refused: https://github.com/raphaelmansuy/edgequake-llm, src/providers/mistral.rs
  inputs: 256,
  // Documented are 8192 (https://docs.mistral.ai/models/mistral-embed-23-12), but a text of 8190 was accepted and one of 8192
  // refused: https://github.com/langchain-ai/langchain/issues/20523
  tokensPerInput: 8190,
  // "Max is 16384 got 17555": https://github.com/aurelio-labs/semantic-router/issues/297. In July 2026, 65,286 were
  // accepted and 66,960 refused: https://github.com/garrytan/gbrain, src/core/ai/recipes/mistral.ts
  tokens: 16_384,
};

/** A model of the service, and how to call it. */
export interface MistralConnection<E extends ElementType> {
  readonly provider: string;
  readonly model: string;
  /** The address of the embeddings. */
  readonly url: string;
  readonly elementType: E | undefined;
  readonly encoding: "json" | "base64";
  readonly dimensions: number | undefined;
  readonly capabilities: Partial<EmbeddingCapabilities>;
  readonly http: HttpClientOptions;
  /** Sent with each request, whatever form the caller's own headers have. */
  readonly key: Readonly<Record<string, string>>;
  /** The fields of a request besides its model. */
  fields(input: string | readonly string[]): object;
}

/** @throws TypeError for a missing key, an invalid address, or dimensions that the model does not have */
export function connect<E extends ElementType>(options: MistralConnectionOptions<E>): MistralConnection<E> {
  const apiKey = requireApiKey(provider, { given: options.apiKey, variables: ["MISTRAL_API_KEY"] });
  const { model = "mistral-embed", dimensions, elementType, encoding = "json" } = options;
  const known = knownModel(model, dimensions);
  const { headers, dispatcher, proxy } = options;
  return {
    provider,
    model,
    url: readUrl(options.baseUrl),
    elementType,
    encoding,
    dimensions: dimensions ?? known?.dimensions,
    capabilities: {
      maxDimensions: known?.maxDimensions,
      elementTypes: ["float", "int8", "uint8", "binary", "ubinary"],
      wireFormats: ["json", "base64"],
    },
    http: { provider, headers, dispatcher, proxy },
    key: { authorization: `Bearer ${apiKey}` },
    fields: (input: string | readonly string[]) => ({
      input,
      output_dimension: dimensions,
      output_dtype: elementType === "float" ? undefined : elementType,
      encoding_format: encoding === "base64" ? encoding : undefined,
    }),
  };
}

function readUrl(given: string | undefined): string {
  const base = readSetting({ given, variables: ["MISTRAL_BASE_URL"], fallback: "https://api.mistral.ai/v1" });
  return endpointUrl(provider, base, "/embeddings");
}
