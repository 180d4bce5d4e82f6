// The whole public surface. An addition needs a reason.
export type {
  AiSdkEmbeddingModel,
  AiSdkEmbedOptions,
  AiSdkEmbedResult,
  AiSdkProviderOptions,
} from "./ai-sdk-embedding-model.ts";
export { AiSdkError } from "./ai-sdk-error.ts";
export { fromAiSdk, type FromAiSdkOptions } from "./from-ai-sdk.ts";
export { type AiSdkEmbeddingModelV4, toAiSdk, type ToAiSdkOptions } from "./to-ai-sdk.ts";
