import {
  checkOptionNames,
  createEmbeddingModel,
  type ElementType,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  parseEmbeddings,
  readOpenaiResponse,
} from "@llx/embeddings";
import { connect, provider, type VoyageConnection } from "./connect.ts";
import { knownModel, leastLimits } from "./known-models.ts";

/**
 * The options of all providers, and those of Voyage.
 *
 * @typeParam E what the numbers of the embeddings are
 */
export interface VoyageEmbeddingOptions<E extends ElementType = "float">
  extends EmbeddingModelOptions, VoyageConnection {
  /** Default `voyage-4`. */
  readonly model?: string | undefined;
  /**
   * Numbers in an embedding: of the models of series 4, `voyage-3.5`, `voyage-3.5-lite`, `voyage-3-large` and
   * `voyage-code-3` 1024, 256, 512 or 2048.
   *
   * @default as many as the model has
   */
  readonly dimensions?: number | undefined;
  /**
   * The element type of the embeddings. The models with dimensions to choose from have all types, others floats only.
   *
   * @default "float"
   */
  readonly elementType?: E;
  /**
   * How vectors are transferred; base64 takes less than half the bytes.
   *
   * @default "base64"
   */
  readonly encoding?: "json" | "base64" | undefined;
}

const minute = 60_000;

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
] satisfies (keyof VoyageEmbeddingOptions)[];

/**
 * Embeddings by Voyage AI, with a key of Voyage or of MongoDB Atlas.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://docs.voyageai.com/reference/embeddings-api
 */
export function voyageEmbedding<E extends ElementType = "float">(
  options: VoyageEmbeddingOptions<E> = {},
): EmbeddingModel<E> {
  checkOptionNames(options, ownOptions);
  const { http, url, headers } = connect(options, "/embeddings");
  const { model = "voyage-4", dimensions, elementType, encoding = "base64" } = options;
  const known = knownModel(model);
  return createEmbeddingModel<E>(
    {
      provider,
      model,
      variant: url,
      elementType,
      encoding,
      dimensions: dimensions ?? known?.dimensions[0],
      limits: known?.limits ?? leastLimits,
      rateLimits: known && {
        // Of each model, in the first usage tier: https://www.mongodb.com/docs/voyageai/management/rate-limits/
        requests: { limit: 2000, interval: minute },
        tokens: { limit: known.tokensPerMinute, interval: minute },
      },
      capabilities: {
        dimensions: known?.dimensions ?? [],
        inputTypes: ["document", "query"],
        elementTypes:
          known?.quantizes === false ? ["float"] : ["float", "int8", "uint8", "binary", "ubinary"],
        wireFormats: ["json", "base64"],
        truncation: true,
      },
      options: ownOptions,
      async embed({ texts, inputType, truncate }, attempt) {
        const body = {
          model,
          input: texts,
          input_type: inputType,
          // Without this field, a text that is too long is cut silently.
          truncation: truncate,
          output_dimension: known?.dimensions.length === 1 ? undefined : dimensions,
          output_dtype: elementType === "float" ? undefined : elementType,
          encoding_format: encoding === "base64" ? encoding : undefined,
        };
        return readOpenaiResponse(
          await http.postJson(url, body, { ...attempt, headers, parse: parseEmbeddings }),
        );
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}
