import {
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  type EmbeddingRequest,
} from "@llx/embeddings";
import { checkUrl, HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";
import { readAnswer } from "./read-answer.ts";
import { readError } from "./read-error.ts";

/** Dimensions that the service can cut its embeddings to. */
export type IsaacusDimensions = 1792 | 1024 | 768 | 512 | 256;

export interface IsaacusEmbeddingOptions
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "timeout"> {
  /** Default: `ISAACUS_API_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /** Default: `ISAACUS_BASE_URL`, else the service's own address. */
  readonly baseUrl?: string | undefined;
  /** Default `kanon-2-embedder`. */
  readonly model?: string | undefined;
  /** Default 1792. */
  readonly dimensions?: IsaacusDimensions | undefined;
}

const provider = "Isaacus";

/**
 * Embeddings of legal texts by Isaacus.
 *
 * @throws TypeError for a missing key or an address that is none
 * @see https://docs.isaacus.com/api-reference
 */
export function isaacusEmbedding(options: IsaacusEmbeddingOptions = {}): EmbeddingModel {
  const apiKey = requireApiKey(provider, { given: options.apiKey, variables: ["ISAACUS_API_KEY"] });
  const baseUrl =
    readSetting({ given: options.baseUrl, variables: ["ISAACUS_BASE_URL"] }) ?? "https://api.isaacus.com/v1";
  const url = `${checkUrl(provider, baseUrl).replace(/\/+$/, "")}/embeddings`;
  const { model = "kanon-2-embedder", dimensions = 1792 } = options;
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
      dimensions,
      limits: { inputs: 128 },
      embed: async ({ texts, inputType }: EmbeddingRequest, { signal }) => {
        const body = { model, texts, task: `retrieval/${inputType}`, dimensions };
        return readAnswer(await http.postJson(url, body, { signal }));
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}
