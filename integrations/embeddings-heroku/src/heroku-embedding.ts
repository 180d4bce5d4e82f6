import {
  checkOptionNames,
  createEmbeddingModel,
  type ElementType,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  type InputType,
  parseEmbeddings,
  readOpenaiResponse,
} from "@llx/embeddings";
import { HttpClient, type HttpClientOptions } from "@llx/http";
import { endpointUrl } from "./endpoint-url.ts";
import { knownModels } from "./known-models.ts";
import { readError } from "./read-error.ts";
import { type GivenSettings, readSettings } from "./settings.ts";

/**
 * The options of all providers, and those of Heroku.
 *
 * @typeParam E what the numbers of the embeddings are
 */
export interface HerokuEmbeddingOptions<E extends ElementType = "float">
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy">, GivenSettings {
  /** @default `EMBEDDING_KEY`, `HEROKU_EMBEDDING_KEY` or `INFERENCE_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /** @default the `…_URL` of the key's variables, else Heroku's US region */
  readonly baseUrl?: string | undefined;
  /** @default the `…_MODEL_ID` of the key's variables, else `cohere-embed-multilingual` */
  readonly model?: string | undefined;
  /**
   * The element type of the embeddings.
   *
   * @default "float"
   */
  readonly elementType?: E;
  /**
   * How vectors are transferred. Base64 of floats takes less than half the bytes; Heroku does not document their layout:
   * a vector without the length of little-endian numbers is an error.
   *
   * @default "json"
   */
  readonly encoding?: "json" | "base64" | undefined;
}

const provider = "Heroku";
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
  "elementType",
  "encoding",
  "headers",
  "dispatcher",
  "proxy",
] satisfies (keyof HerokuEmbeddingOptions)[];

/**
 * Embeddings by Heroku Managed Inference.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://devcenter.heroku.com/articles/heroku-inference-api-v1-embeddings
 */
export function herokuEmbedding<E extends ElementType = "float">(
  options: HerokuEmbeddingOptions<E> = {},
): EmbeddingModel<E> {
  checkOptionNames(options, ownOptions);
  const {
    apiKey,
    baseUrl = "https://us.inference.heroku.com",
    model = "cohere-embed-multilingual",
  } = readSettings(options);
  const known = Object.hasOwn(knownModels, model) ? knownModels[model] : undefined;
  const { elementType, encoding = "json" } = options;
  const { headers, dispatcher, proxy } = options;
  const url = endpointUrl(baseUrl);
  const http = new HttpClient({ provider, headers, dispatcher, proxy, readError });
  // Sent with each request, whatever form the caller's own headers have.
  const key = { authorization: `Bearer ${apiKey}` };
  return createEmbeddingModel<E>(
    {
      provider,
      model,
      variant: url,
      elementType,
      encoding,
      limits: { inputs: 96 },
      ...known,
      capabilities: {
        inputTypes: ["document", "query", "classification", "clustering"],
        elementTypes: ["float", "int8", "uint8", "binary", "ubinary"],
        wireFormats: ["json", "base64"],
      },
      options: ownOptions,
      async embed({ texts, inputType }, attempt) {
        const body = {
          model,
          input: texts,
          input_type: inputTypes[inputType],
          // Plain numbers are sent without these fields; the documents have no `encoding_format: "float"`.
          embedding_type: elementType === "float" ? undefined : elementType,
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
