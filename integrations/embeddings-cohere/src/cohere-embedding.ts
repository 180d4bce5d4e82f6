import {
  checkOptionNames,
  createEmbeddingModel,
  type ElementType,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  type InputType,
  parseEmbeddings,
} from "@llx/embeddings";
import { type CohereConnection, connect, provider } from "./connect.ts";
import { knownModels } from "./known-models.ts";
import { readResponse } from "./read-response.ts";

/**
 * The options of all providers, and those of Cohere.
 *
 * @typeParam E what the numbers of the embeddings are
 */
export interface CohereEmbeddingOptions<E extends ElementType = "float">
  extends EmbeddingModelOptions, CohereConnection {
  /** Default `embed-v4.0`. */
  readonly model?: string | undefined;
  /**
   * Numbers in an embedding: of `embed-v4.0` 1536, 1024, 512 or 256. The models of version 3 offer no choice.
   *
   * @default as many as the model has
   */
  readonly dimensions?: number | undefined;
  /**
   * The element type of the embeddings.
   *
   * @default "float"
   */
  readonly elementType?: E;
}

const inputTypes: Readonly<Record<InputType, string>> = {
  document: "search_document",
  query: "search_query",
  classification: "classification",
  clustering: "clustering",
};

/** Options that not every provider has. */
const ownOptions = [
  "apiKey",
  "baseUrl",
  "model",
  "dimensions",
  "elementType",
  "headers",
  "dispatcher",
  "proxy",
] satisfies (keyof CohereEmbeddingOptions)[];

/**
 * Embeddings by Cohere.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://docs.cohere.com/reference/embed
 */
export function cohereEmbedding<E extends ElementType = "float">(
  options: CohereEmbeddingOptions<E> = {},
): EmbeddingModel<E> {
  checkOptionNames(options, ownOptions);
  const { http, url, headers } = connect(options, "/v2/embed");
  const { model = "embed-v4.0", dimensions, elementType } = options;
  const known = Object.hasOwn(knownModels, model) ? knownModels[model] : undefined;
  return createEmbeddingModel<E>(
    {
      provider,
      model,
      variant: url,
      elementType,
      dimensions: dimensions ?? known?.dimensions[0],
      // "Maximum number of texts per call is 96": https://docs.cohere.com/reference/embed
      limits: { inputs: 96, tokensPerInput: known?.tokensPerInput },
      // For trial and production keys alike: https://docs.cohere.com/docs/rate-limits
      rateLimits: { inputs: { limit: 2000, interval: 60_000 } },
      capabilities: {
        dimensions: known?.dimensions ?? [],
        inputTypes: Object.keys(inputTypes) as InputType[],
        elementTypes: ["float", "int8", "uint8", "binary", "ubinary"],
        truncation: true,
      },
      options: ownOptions,
      async embed({ texts, inputType, truncate }, { maxBytes, ...attempt }) {
        const body = {
          model,
          texts,
          input_type: inputTypes[inputType],
          embedding_types: [elementType ?? "float"],
          // Models without a choice do not have this field.
          output_dimension: known?.dimensions.length === 1 ? undefined : dimensions,
          // Without this field, a text that is too long is cut silently.
          truncate: truncate ? "END" : "NONE",
        };
        const response = await http.postJson(url, body, {
          ...attempt,
          // The response repeats the texts.
          maxBytes: maxBytes === undefined ? undefined : maxBytes + maxJsonBytes(texts),
          headers,
          parse: parseEmbeddings,
        });
        return readResponse(response, elementType ?? "float");
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}

/** The size of texts in JSON, if each of their UTF-16 code units is escaped (`\u0041`). */
function maxJsonBytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + 6 * text.length, 0);
}
