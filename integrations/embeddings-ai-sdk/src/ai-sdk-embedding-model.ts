/**
 * An embedding model of the Vercel AI SDK, as far as it is used here: the versions v4, v3 and v2 have this in common.
 * It is told in our own words, as the SDK's types cannot be imported by CommonJS.
 */
export interface AiSdkEmbeddingModel {
  readonly specificationVersion: "v4" | "v3" | "v2";
  readonly provider: string;
  readonly modelId: string;
  readonly maxEmbeddingsPerCall: PromiseLike<number | undefined> | number | undefined;
  readonly supportsParallelCalls: PromiseLike<boolean> | boolean;
  doEmbed(options: AiSdkEmbedOptions): PromiseLike<AiSdkEmbedResult>;
}

/** Options of providers, by their names, as `embed` and `embedMany` of the AI SDK take them. */
export type AiSdkProviderOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What a model of the AI SDK is asked for. */
export interface AiSdkEmbedOptions {
  values: string[];
  abortSignal?: AbortSignal | undefined;
  dimensions?: number | undefined;
  providerOptions?: AiSdkProviderOptions | undefined;
  headers?: Readonly<Record<string, string | undefined>> | undefined;
}

/** What a model of the AI SDK answers. */
export interface AiSdkEmbedResult {
  embeddings: number[][];
  usage?: { tokens: number };
  response?: { headers?: Record<string, string>; body?: unknown };
}
