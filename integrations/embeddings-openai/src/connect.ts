import { type HttpClientOptions, mergeHeaders, readSetting, requireApiKey } from "@llx/http";
import { assumedModel, type AssumedModel } from "./known-models.ts";
import { type OpenaiServer, readServer } from "./openai-server.ts";

/** The options that live calls and batches share. */
export interface OpenaiConnectionOptions extends Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
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

/** Their names. */
export const connectionOptions: readonly (keyof OpenaiConnectionOptions)[] = [
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
];

/** A model at a server, and how to call it. */
export interface OpenaiConnection {
  readonly server: OpenaiServer;
  readonly http: HttpClientOptions;
  readonly model: string;
  readonly encoding: "json" | "base64";
  readonly assumed: AssumedModel;
  /** The body of a request. */
  body(input: string | readonly string[]): object;
}

const defaultModel = "text-embedding-3-small";

/** @throws TypeError or RangeError for a missing key, an invalid address or model */
export function connect(options: OpenaiConnectionOptions): OpenaiConnection {
  const server = readServer(options);
  const { provider, isOwn } = server;
  const authorization = authorizationOf(options.apiKey, server);
  const { model = defaultModel, dimensions, headers, dispatcher, proxy } = options;
  const { encoding = isOwn ? "base64" : "json" } = options;
  return {
    server,
    http: {
      provider,
      headers: mergeHeaders(accountHeaders(options), headers, authorization.headers),
      sign: authorization.sign,
      dispatcher,
      proxy,
    },
    model,
    encoding,
    assumed: assumedModel(model, isOwn, dimensions),
    // Plain numbers are requested without `encoding_format`, which some servers do not know.
    body: (input) => ({
      model,
      input,
      dimensions,
      ...(encoding === "base64" && { encoding_format: encoding }),
    }),
  };
}

/** How requests are authorized: by a key that stays, or by a token that is asked for each time. */
function authorizationOf(
  given: OpenaiConnectionOptions["apiKey"],
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

function accountHeaders(options: OpenaiConnectionOptions): Record<string, string> {
  const organization = readSetting({ given: options.organization, variables: ["OPENAI_ORG_ID"] });
  const project = readSetting({ given: options.project, variables: ["OPENAI_PROJECT_ID"] });
  return {
    ...(organization !== undefined && { "openai-organization": organization }),
    ...(project !== undefined && { "openai-project": project }),
  };
}
