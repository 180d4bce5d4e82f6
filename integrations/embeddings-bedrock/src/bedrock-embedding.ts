import {
  checkOptionNames,
  createEmbeddingModel,
  type ElementType,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  type InputType,
  parseEmbeddings,
} from "@llx/embeddings";
import { endpointUrl, HttpClient, type HttpClientOptions, readSetting } from "@llx/http";
import { authorize } from "./authorize.ts";
import type { AwsCredentialProvider, AwsCredentials } from "./aws-credentials.ts";
import { type BedrockModelFamily, familyOf, modelFamilies, type ModelFamily } from "./model-families.ts";
import { readResponse } from "./read-response.ts";
import { readError } from "./read-error.ts";

export interface BedrockEmbeddingOptions<E extends ElementType = "float">
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /** Such as `eu-central-1`. Default: `AWS_REGION` or `AWS_DEFAULT_REGION` of the environment. */
  readonly region?: string | undefined;
  /** A Bedrock API key. Default: `AWS_BEARER_TOKEN_BEDROCK` of the environment, unless there are `credentials`. */
  readonly apiKey?: string | undefined;
  /**
   * AWS credentials, which sign each request; or a function that returns them, such as `fromNodeProviderChain()` of
   * `@aws-sdk/credential-providers`, which is called again 5 minutes before their `expiration`. Default:
   * `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` of the environment.
   */
  readonly credentials?: AwsCredentials | AwsCredentialProvider | undefined;
  /**
   * Default: `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` or `AWS_ENDPOINT_URL` of the environment, else the address of Bedrock
   * in the region.
   */
  readonly baseUrl?: string | undefined;
  /** The id of a model or of an inference profile, or an ARN. Default `amazon.titan-embed-text-v2:0`. */
  readonly model?: string | undefined;
  /** The form of the model's requests, for a `model` that does not show it, such as the ARN of an inference profile. */
  readonly family?: BedrockModelFamily | undefined;
  /**
   * Numbers in an embedding: of Titan V2 1024, 512 or 256; of Cohere v4 1536, 1024, 512 or 256; of Nova 3072, 1024, 384
   * or 256.
   *
   * @default as many as the model has
   */
  readonly dimensions?: number | undefined;
  /**
   * Of Titan V2: whether embeddings have length 1.
   *
   * @default true
   */
  readonly normalize?: boolean | undefined;
  /**
   * What the numbers of an embedding are: of Titan V2 also bits, of Cohere also bytes and bits.
   *
   * @default "float"
   */
  readonly elementType?: E | undefined;
}

const provider = "Amazon Bedrock";

/** Options that not every provider has. */
const ownOptions = [
  "region",
  "apiKey",
  "credentials",
  "baseUrl",
  "model",
  "family",
  "dimensions",
  "normalize",
  "elementType",
  "headers",
  "dispatcher",
  "proxy",
] satisfies (keyof BedrockEmbeddingOptions)[];

/**
 * Embeddings by the models on Amazon Bedrock: Titan, Cohere and Nova.
 *
 * @throws TypeError or RangeError for missing credentials or a missing region, an invalid address, and other invalid
 *   options
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
 */
export function bedrockEmbedding<E extends ElementType = "float">(
  options: BedrockEmbeddingOptions<E> = {},
): EmbeddingModel<E> {
  checkOptionNames(options, ownOptions);
  const { model = "amazon.titan-embed-text-v2:0", dimensions, normalize } = options;
  const { elementType = "float" as E, headers, dispatcher, proxy } = options;
  const family: ModelFamily = modelFamilies[familyOf(model, options.family)];
  checkNormalize(options.normalize, model, family);
  const url = readUrl(options, model);
  const sign = authorize(provider, options, () => readRegion(options.region));
  const http = new HttpClient({ provider, headers, dispatcher, proxy, readError, sign });
  const cutAt = options.limits?.charactersPerInput ?? family.limits.charactersPerInput;
  return createEmbeddingModel<E>(
    {
      provider,
      model,
      elementType,
      variant: JSON.stringify([url, normalize]),
      dimensions: dimensions ?? family.dimensions[0],
      limits: family.limits,
      capabilities: {
        dimensions: family.dimensions,
        inputTypes: Object.keys(family.purposes) as InputType[],
        elementTypes: family.elementTypes,
        truncation: family.truncate !== undefined,
      },
      options: ownOptions,
      async embed(request, attempt) {
        const { truncate } = request;
        // The service cuts texts at its limit of tokens, and refuses those above that of characters.
        const texts = truncate ? request.texts.map((text) => cut(text, cutAt)) : request.texts;
        const value = (truncate ? family.truncate : undefined) ?? "NONE";
        const body = family.body({ ...request, texts }, { elementType, dimensions, normalize }, value);
        return readResponse(
          await http.postJson(url, body, { ...attempt, parse: parseEmbeddings }),
          elementType,
        );
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}

function readUrl({ baseUrl, region }: BedrockEmbeddingOptions<ElementType>, model: string): string {
  const variables = ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL"];
  const set = readSetting({ given: baseUrl, variables });
  const base = set === undefined ? addressIn(readRegion(region)) : set;
  return endpointUrl(provider, base, `/model/${encodeURIComponent(model)}/invoke`);
}

/** @throws TypeError also for what could lead a signed request to another host */
function readRegion(given: string | undefined): string {
  const region = readSetting({ given, variables: ["AWS_REGION", "AWS_DEFAULT_REGION"] });
  if (region === undefined) {
    throw new TypeError(
      `no region for ${provider}: set AWS_REGION, or give the option region, such as "us-east-1"`,
    );
  }
  if (typeof region === "string" && /^[a-z]+(?:-[a-z]+)+-\d+$/.test(region)) return region;
  const wrong: unknown = region;
  throw new TypeError(
    `the region for ${provider} must be a name such as "us-east-1", not ${JSON.stringify(String(wrong).slice(0, 19))}`,
  );
}

/** The domains are those of the AWS SDK; the isolated regions need a `baseUrl`. */
function addressIn(region: string): string {
  const domain = region.startsWith("cn-")
    ? "amazonaws.com.cn"
    : region.startsWith("eusc-")
      ? "amazonaws.eu"
      : "amazonaws.com";
  return `https://bedrock-runtime.${region}.${domain}`;
}

function checkNormalize(normalize: boolean | undefined, model: string, family: ModelFamily): void {
  if (normalize !== undefined && family.normalizes !== true)
    throw new TypeError(`normalize is an option of Titan V2; leave it out for ${model}`);
  if (normalize !== undefined && typeof normalize !== "boolean")
    throw new TypeError(`normalize must be true or false, not ${typeof normalize}`);
}

/** Not within a character. */
function cut(text: string, length = Infinity): string {
  return text.length > length ? text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "") : text;
}
