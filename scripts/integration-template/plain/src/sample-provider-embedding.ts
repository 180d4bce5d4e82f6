import {
  checkOptionNames,
  createEmbeddingModel,
  type EmbeddingLimits,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  type InputType,
  parseEmbeddings,
} from "@llx/embeddings";
import { endpointUrl, HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";
import { readResponse } from "./read-response.ts";
import { readError } from "./read-error.ts";

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
}

interface KnownModel {
  /** The numbers of dimensions to choose from, the default first: one, if there is no choice. */
  readonly dimensions: readonly [number, ...number[]];
  readonly limits: EmbeddingLimits;
}

// Fill in: what the service's documents say.
const provider = "Sample Provider";
const address = "https://api.sample-provider.example/v1";
const defaultModel = "sample-embed";
/**
 * What each known model takes and offers, each line with its source: a limit that is too high fails a user's batches. Of
 * other models, the service decides. For a model of any number of dimensions up to a maximum, declare
 * `capabilities: { maxDimensions }` and not `dimensions`. For vectors of bytes or bits, declare `elementTypes` and an option `elementType`; for
 * base64, `wireFormats` and an option `encoding` (as Voyage does).
 */
const knownModels: Readonly<Record<string, KnownModel | undefined>> = {
  // https://docs.sample-provider.example/embeddings#models
  "sample-embed": { dimensions: [1024, 512, 256], limits: { inputs: 128, charactersPerInput: 8192 } },
};
/** For models that are not known. */
const otherLimits: EmbeddingLimits = { inputs: 128 };
/** The purposes of a text that the service accepts. */
const purposes: Readonly<Partial<Record<InputType, string>>> = { document: "store", query: "search" };

/** Options that not every provider has. */
const ownOptions = [
  "apiKey",
  "baseUrl",
  "model",
  "dimensions",
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
  const { model = defaultModel, dimensions, headers, dispatcher, proxy } = options;
  const known = Object.hasOwn(knownModels, model) ? knownModels[model] : undefined;
  const http = new HttpClient({ provider, headers, dispatcher, proxy, readError });
  // Fill in: how the key is sent. It is sent with each request, whatever form the caller's own headers have.
  const key = { authorization: `Bearer ${apiKey}` };
  return createEmbeddingModel(
    {
      provider,
      model,
      variant: url,
      dimensions: dimensions ?? known?.dimensions[0],
      limits: known?.limits ?? otherLimits,
      capabilities: {
        dimensions: known?.dimensions ?? [],
        inputTypes: Object.keys(purposes) as InputType[],
      },
      options: ownOptions,
      async embed({ texts, inputType }, attempt) {
        // A service may refuse the field for a model without a choice.
        const size = known?.dimensions.length === 1 ? undefined : dimensions;
        // Fill in: the fields of a request.
        const body = { model, texts, purpose: purposes[inputType], size };
        return readResponse(
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
  // Fill in: the path.
  return endpointUrl(provider, base, "/embed");
}
