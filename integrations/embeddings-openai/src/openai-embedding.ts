import {
  createEmbeddingModel,
  type EmbeddingLimits,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  parseEmbeddings,
} from "@llx/embeddings";
import { checkUrl, HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";
import { readAnswer } from "./read-answer.ts";

export interface OpenaiEmbeddingOptions
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /** Default: `OPENAI_API_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /**
   * With its version. Default: `OPENAI_BASE_URL` of the environment, else the service's own address.
   */
  readonly baseUrl?: string | undefined;
  /** Default `text-embedding-3-small`. */
  readonly model?: string | undefined;
  /** Numbers in an embedding, where the model lets one choose. Default: as many as it has. */
  readonly dimensions?: number | undefined;
  /**
   * How vectors come over the wire; base64 takes less than half the bytes. Default `"base64"` at OpenAI's own
   * address, and `"json"` at others, as not every server knows more.
   */
  readonly encoding?: "json" | "base64" | undefined;
  /** What one request can take. Default: what OpenAI takes; for a server that takes less. */
  readonly limits?: EmbeddingLimits | undefined;
  /** Whose usage it is. Default: `OPENAI_ORG_ID` of the environment. */
  readonly organization?: string | undefined;
  /** Default: `OPENAI_PROJECT_ID` of the environment. */
  readonly project?: string | undefined;
}

const provider = "OpenAI";
const address = "https://api.openai.com/v1";
const defaultModel = "text-embedding-3-small";
const ownLimits: EmbeddingLimits = { inputs: 2048, tokensPerInput: 8192, tokens: 300_000 };
/** Numbers in an embedding of each known model; of another, its first answer tells. */
const knownDimensions: Readonly<Record<string, number | undefined>> = {
  "text-embedding-3-small": 1536,
  "text-embedding-3-large": 3072,
  "text-embedding-ada-002": 1536,
};

/**
 * Embeddings by OpenAI, or by any server that speaks its protocol.
 *
 * @throws TypeError or RangeError for a missing key, an address that is none, and options that cannot be
 * @see https://platform.openai.com/docs/api-reference/embeddings
 */
export function openaiEmbedding(options: OpenaiEmbeddingOptions = {}): EmbeddingModel {
  const apiKey = requireApiKey(provider, { given: options.apiKey, variables: ["OPENAI_API_KEY"] });
  const url = readUrl(options.baseUrl);
  const { model = defaultModel, dimensions, limits = ownLimits, headers, dispatcher, proxy } = options;
  const { encoding = url.startsWith(`${address}/`) ? "base64" : "json" } = options;
  if (encoding !== "json" && encoding !== "base64") {
    throw new TypeError(`encoding must be "json" or "base64", not ${JSON.stringify(encoding)}`);
  }
  const http = new HttpClient({
    provider,
    headers: { ...accountHeaders(options), ...headers, authorization: `Bearer ${apiKey}` },
    dispatcher,
    proxy,
  });
  return createEmbeddingModel(
    {
      provider,
      model,
      variant: url,
      dimensions: dimensions ?? knownDimensions[model],
      limits,
      capabilities: { wireFormats: ["json", "base64"] },
      options: [
        "apiKey",
        "baseUrl",
        "model",
        "dimensions",
        "encoding",
        "limits",
        "organization",
        "project",
        "headers",
        "dispatcher",
        "proxy",
      ] satisfies (keyof OpenaiEmbeddingOptions)[],
      async embed({ texts }, attempt) {
        // Plain numbers come without `encoding_format`, which some servers do not know.
        const body = {
          model,
          input: texts,
          dimensions,
          ...(encoding === "base64" && { encoding_format: encoding }),
        };
        return readAnswer(await http.postJson(url, body, { ...attempt, parse: parseEmbeddings }));
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}

function accountHeaders(options: OpenaiEmbeddingOptions): Record<string, string> {
  const organization = readSetting({ given: options.organization, variables: ["OPENAI_ORG_ID"] });
  const project = readSetting({ given: options.project, variables: ["OPENAI_PROJECT_ID"] });
  return {
    ...(organization !== undefined && { "openai-organization": organization }),
    ...(project !== undefined && { "openai-project": project }),
  };
}

function readUrl(given: string | undefined): string {
  const base = readSetting({ given, variables: ["OPENAI_BASE_URL"] }) ?? address;
  return `${checkUrl(provider, base).replace(/\/+$/, "")}/embeddings`;
}
