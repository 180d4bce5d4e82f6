import {
  createEmbeddingModel,
  type ElementType,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  parseEmbeddings,
  readOpenaiResponse,
} from "@llx/embeddings";
import { endpointUrl, HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";
import { knownModel, leastLimits } from "./known-models.ts";

/**
 * The options of all providers, and those of Voyage.
 *
 * @typeParam E what the numbers of the embeddings are
 */
export interface VoyageEmbeddingOptions<E extends ElementType = "float">
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /** Default: `VOYAGE_API_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /**
   * With its version. Default: `VOYAGE_BASE_URL` of the environment, else the service that issued the key: MongoDB Atlas
   * for one that begins with `al-`, else Voyage.
   */
  readonly baseUrl?: string | undefined;
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

const provider = "Voyage";
const minute = 60_000;

/**
 * Embeddings by Voyage AI, with a key of Voyage or of MongoDB Atlas.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://docs.voyageai.com/reference/embeddings-api
 */
export function voyageEmbedding<E extends ElementType = "float">(
  options: VoyageEmbeddingOptions<E> = {},
): EmbeddingModel<E> {
  const apiKey = requireApiKey(provider, { given: options.apiKey, variables: ["VOYAGE_API_KEY"] });
  const url = readUrl(options.baseUrl, apiKey);
  const { model = "voyage-4", dimensions, elementType, encoding = "base64" } = options;
  const known = knownModel(model);
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
      options: [
        "apiKey",
        "baseUrl",
        "model",
        "dimensions",
        "elementType",
        "encoding",
        "headers",
        "dispatcher",
        "proxy",
      ] satisfies (keyof VoyageEmbeddingOptions)[],
      async embed({ texts, inputType, truncate }, attempt) {
        const body = {
          model,
          input: texts,
          input_type: inputType,
          // Without this field, a text that is too long is cut silently.
          truncation: truncate,
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

/** Each service accepts its own keys only; the official Python client tells them apart in the same way (`voyageai/util.py`). */
function readUrl(given: string | undefined, apiKey: string): string {
  const address = apiKey.startsWith("al-") ? "https://ai.mongodb.com/v1" : "https://api.voyageai.com/v1";
  const base = readSetting({ given, variables: ["VOYAGE_BASE_URL"] }) ?? address;
  return endpointUrl(provider, base, "/embeddings");
}
