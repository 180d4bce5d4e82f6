import {
  checkOptionNames,
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  parseEmbeddings,
  readOpenaiResponse,
} from "@llx/embeddings";
import { endpointUrl, HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";

export interface SampleProviderEmbeddingOptions
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /** Default: `SAMPLE_PROVIDER_API_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /**
   * With its version. Default: `SAMPLE_PROVIDER_BASE_URL` of the environment, else the service's own address.
   */
  readonly baseUrl?: string | undefined;
  /** Default `sample-embed`. */
  readonly model?: string | undefined;
  /** Numbers in an embedding, if the model offers a choice. Default: as many as it has. */
  readonly dimensions?: number | undefined;
  /** How vectors are transferred; base64 takes less than half the bytes. Default `"json"`. */
  readonly encoding?: "json" | "base64" | undefined;
}

// Fill in: what the service's documents say.
const provider = "Sample Provider";
const address = "https://api.sample-provider.example/v1";
const defaultModel = "sample-embed";
const limits = { inputs: 128, tokensPerInput: 8192 };
/** Numbers in an embedding of each known model; of another, the first response shows it. */
const knownDimensions: Readonly<Record<string, number | undefined>> = { "sample-embed": 1024 };

/** Options that not every provider has. */
const ownOptions = [
  "apiKey",
  "baseUrl",
  "model",
  "dimensions",
  "encoding",
  "headers",
  "dispatcher",
  "proxy",
] satisfies (keyof SampleProviderEmbeddingOptions)[];

/**
 * Embeddings by Sample Provider.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://docs.sample-provider.example/embeddings
 */
export function sampleProviderEmbedding(options: SampleProviderEmbeddingOptions = {}): EmbeddingModel {
  checkOptionNames(options, ownOptions);
  const apiKey = requireApiKey(provider, { given: options.apiKey, variables: ["SAMPLE_PROVIDER_API_KEY"] });
  const url = readUrl(options.baseUrl);
  const { model = defaultModel, dimensions, encoding = "json", headers, dispatcher, proxy } = options;
  const http = new HttpClient({ provider, headers, dispatcher, proxy });
  // Sent with each request, whatever form the caller's own headers have.
  const key = { authorization: `Bearer ${apiKey}` };
  return createEmbeddingModel(
    {
      provider,
      model,
      variant: url,
      dimensions: dimensions ?? (Object.hasOwn(knownDimensions, model) ? knownDimensions[model] : undefined),
      encoding,
      limits,
      // Of a model with a choice, add `maxDimensions`, or a list of `dimensions`. Of one without, add `dimensions: [1024]`, and
      // leave the field out of its requests: services refuse it.
      capabilities: { wireFormats: ["json", "base64"] },
      options: ownOptions,
      async embed({ texts }, attempt) {
        // Plain numbers are requested without `encoding_format`, which some servers do not know.
        const body = {
          model,
          input: texts,
          dimensions,
          ...(encoding === "base64" && { encoding_format: encoding }),
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

function readUrl(given: string | undefined): string {
  const base = readSetting({ given, variables: ["SAMPLE_PROVIDER_BASE_URL"], fallback: address });
  return endpointUrl(provider, base, "/embeddings");
}
