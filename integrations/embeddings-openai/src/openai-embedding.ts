import {
  checkOptionNames,
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  parseEmbeddings,
  readOpenaiResponse,
} from "@llx/embeddings";
import {
  HttpClient,
  type HttpClientOptions,
  mergeHeaders,
  NotFoundError,
  readSetting,
  requireApiKey,
} from "@llx/http";
import { assumedModel } from "./known-models.ts";
import { type OpenaiServer, readServer } from "./openai-server.ts";

export interface OpenaiEmbeddingOptions
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /**
   * A key, or a function that returns a token for each request and renews it, as `getBearerTokenProvider` of
   * `@azure/identity` makes it. Default: `OPENAI_API_KEY` of the environment; for an address of Azure, before that,
   * `AZURE_OPENAI_API_KEY`.
   */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined;
  /**
   * With its version (`http://localhost:8000/v1`); for Azure, the endpoint of a resource, or the address of a deployment
   * with its query. Default: `OPENAI_BASE_URL` of the environment, else the service's own address.
   */
  readonly baseUrl?: string | undefined;
  /**
   * The name of the server in messages and events; also part of the cache key. Default: `OpenAI` at its
   * own address, else the host of the address.
   */
  readonly provider?: string | undefined;
  /** Default `text-embedding-3-small`. */
  readonly model?: string | undefined;
  /**
   * Numbers in an embedding, for models with a choice: sent to the server, and checked in each response.
   *
   * @default as many as the model has
   */
  readonly dimensions?: number | undefined;
  /**
   * How vectors are transferred; base64 takes less than half the bytes. Default `"base64"` at OpenAI's own
   * address, and `"json"` at others, because not every server supports more.
   */
  readonly encoding?: "json" | "base64" | undefined;
  /** The organization that is billed. Default: `OPENAI_ORG_ID` of the environment. */
  readonly organization?: string | undefined;
  /** Default: `OPENAI_PROJECT_ID` of the environment. */
  readonly project?: string | undefined;
}

const defaultModel = "text-embedding-3-small";

/** Options that not every provider has. */
const ownOptions = [
  "apiKey",
  "baseUrl",
  "provider",
  "model",
  "dimensions",
  "encoding",
  "organization",
  "project",
  "headers",
  "dispatcher",
  "proxy",
] satisfies (keyof OpenaiEmbeddingOptions)[];

/**
 * Embeddings by OpenAI, or by any server that supports its protocol.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://platform.openai.com/docs/api-reference/embeddings
 */
export function openaiEmbedding(options: OpenaiEmbeddingOptions = {}): EmbeddingModel {
  checkOptionNames(options, ownOptions);
  const server = readServer(options);
  const { url, provider, isOwn } = server;
  const authorization = authorizationOf(options.apiKey, server);
  const { model = defaultModel, headers, dispatcher, proxy } = options;
  const { maxDimensions, ...assumed } = assumedModel(model, isOwn, options.dimensions);
  const { encoding = isOwn ? "base64" : "json" } = options;
  const http = new HttpClient({
    provider,
    headers: mergeHeaders(accountHeaders(options), headers, authorization.headers),
    sign: authorization.sign,
    dispatcher,
    proxy,
  });
  return createEmbeddingModel(
    {
      provider,
      model,
      variant: url,
      encoding,
      ...assumed,
      capabilities: { maxDimensions, wireFormats: ["json", "base64"] },
      options: ownOptions,
      async embed({ texts }, attempt) {
        // Plain numbers are requested without `encoding_format`, which some servers do not know.
        const body = {
          model,
          input: texts,
          dimensions: options.dimensions,
          ...(encoding === "base64" && { encoding_format: encoding }),
        };
        try {
          return readOpenaiResponse(await http.postJson(url, body, { ...attempt, parse: parseEmbeddings }));
        } catch (error) {
          throw error instanceof NotFoundError ? withAdvice(error, server, model) : error;
        }
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}

/** How requests are authorized: by a key that stays, or by a token that is asked for each time. */
function authorizationOf(
  given: OpenaiEmbeddingOptions["apiKey"],
  { provider, isOwn, keyHeader, keyVariables }: OpenaiServer,
): Pick<HttpClientOptions, "headers" | "sign"> {
  if (typeof given !== "function") {
    if (given !== undefined && typeof given !== "string") {
      throw new TypeError(
        `the apiKey for ${provider} must be a string or a function that returns one, not of type ${typeof given}`,
      );
    }
    if (!isOwn && readSetting({ given, variables: keyVariables }) === undefined) {
      throw new TypeError(
        `no API key for ${provider}: set ${keyVariables.join(" or ")}, or give the option apiKey; if the server checks ` +
          `none, any will do, such as apiKey: "none"`,
      );
    }
    return { headers: keyHeader(requireApiKey(provider, { given, variables: keyVariables })) };
  }
  return {
    sign: async () => {
      const token = requireApiKey(provider, { given: await given(), variables: [] });
      return { authorization: `Bearer ${token}` };
    },
  };
}

/** What is usually wrong where nothing is found. */
function withAdvice(error: NotFoundError, server: OpenaiServer, model: string): NotFoundError {
  const advice = server.hasDeployments
    ? /deployment/i.test(error.message) && `the model must be the name of your deployment, and it is ${model}`
    : // Most servers have their embeddings at /v1/embeddings.
      !server.hasVersion &&
      "the address has no version: where the embeddings are at /v1/embeddings, baseUrl must end with /v1";
  return advice ? new NotFoundError(`${error.message}; ${advice}`, error) : error;
}

function accountHeaders(options: OpenaiEmbeddingOptions): Record<string, string> {
  const organization = readSetting({ given: options.organization, variables: ["OPENAI_ORG_ID"] });
  const project = readSetting({ given: options.project, variables: ["OPENAI_PROJECT_ID"] });
  return {
    ...(organization !== undefined && { "openai-organization": organization }),
    ...(project !== undefined && { "openai-project": project }),
  };
}
