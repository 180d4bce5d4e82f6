import {
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  type EmbeddingRequest,
} from "@llx/embeddings";
import { HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";
import { endpointUrl } from "./endpoint-url.ts";
import { readAnswer } from "./read-answer.ts";
import { readError } from "./read-error.ts";

export interface HerokuEmbeddingOptions
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "timeout"> {
  /** Default: `EMBEDDING_KEY`, `HEROKU_EMBEDDING_KEY` or `INFERENCE_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /** Default: `EMBEDDING_URL`, `HEROKU_EMBEDDING_URL` or `INFERENCE_URL`, else Heroku's US region. */
  readonly baseUrl?: string | undefined;
  /** Default: `EMBEDDING_MODEL_ID` or `INFERENCE_MODEL_ID`, else `cohere-embed-multilingual`. */
  readonly model?: string | undefined;
}

const provider = "Heroku";
const defaultModel = "cohere-embed-multilingual";

/**
 * Embeddings by Heroku Managed Inference.
 *
 * @throws TypeError for a missing key or an address that is none
 * @see https://devcenter.heroku.com/articles/heroku-inference-api-v1-embeddings
 */
export function herokuEmbedding(options: HerokuEmbeddingOptions = {}): EmbeddingModel {
  const apiKey = requireApiKey(provider, {
    given: options.apiKey,
    variables: ["EMBEDDING_KEY", "HEROKU_EMBEDDING_KEY", "INFERENCE_KEY"],
  });
  const baseUrl = readSetting({
    given: options.baseUrl,
    variables: ["EMBEDDING_URL", "HEROKU_EMBEDDING_URL", "INFERENCE_URL"],
  });
  const url = endpointUrl(baseUrl ?? "https://us.inference.heroku.com");
  const model =
    readSetting({ given: options.model, variables: ["EMBEDDING_MODEL_ID", "INFERENCE_MODEL_ID"] }) ??
    defaultModel;
  const http = new HttpClient({
    provider,
    headers: { ...options.headers, authorization: `Bearer ${apiKey}` },
    dispatcher: options.dispatcher,
    timeout: options.timeout,
    readError,
  });
  return createEmbeddingModel(
    {
      provider,
      model,
      dimensions: model === defaultModel ? 1024 : undefined,
      limits: { inputs: 96, charactersPerInput: 2048 },
      embed: async ({ texts, inputType }: EmbeddingRequest, { signal }) => {
        const body = { model, input: texts, input_type: `search_${inputType}` };
        return readAnswer(await http.postJson(url, body, { signal }));
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}
