/**
 * An embedding model of the Vercel AI SDK: what the versions v4, v3 and v2 have in common and is used here. It is declared
 * here because CommonJS cannot import the SDK's types.
 */
export interface AiSdkEmbeddingModel {
  readonly specificationVersion: "v4" | "v3" | "v2";
  readonly provider: string;
  readonly modelId: string;
  readonly maxEmbeddingsPerCall: PromiseLike<number | undefined> | number | undefined;
  readonly supportsParallelCalls: PromiseLike<boolean> | boolean;
  doEmbed(options: AiSdkEmbedOptions): PromiseLike<AiSdkEmbedResult>;
}

/** Options by provider name, as `embed` and `embedMany` of the AI SDK accept them. */
export type AiSdkProviderOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The argument of `doEmbed` of an AI SDK model. */
export interface AiSdkEmbedOptions {
  values: string[];
  abortSignal?: AbortSignal | undefined;
  dimensions?: number | undefined;
  providerOptions?: AiSdkProviderOptions | undefined;
  headers?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The result of `doEmbed` of an AI SDK model. */
export interface AiSdkEmbedResult {
  embeddings: number[][];
  usage?: { tokens: number };
  response?: { headers?: Record<string, string>; body?: unknown };
}
