/**
 * Names from OpenTelemetry's semantic conventions for generative AI, version 0.1.0 of their own repository, which are not
 * stable yet, and from those for errors and servers, which are.
 *
 * @see https://github.com/open-telemetry/semantic-conventions-genai/tree/v0.1.0
 */
export const genAi = {
  operationName: "gen_ai.operation.name",
  providerName: "gen_ai.provider.name",
  requestModel: "gen_ai.request.model",
  requestStream: "gen_ai.request.stream",
  requestEncodingFormats: "gen_ai.request.encoding_formats",
  responseModel: "gen_ai.response.model",
  responseFinishReasons: "gen_ai.response.finish_reasons",
  responseTimeToFirstChunk: "gen_ai.response.time_to_first_chunk",
  usageInputTokens: "gen_ai.usage.input_tokens",
  usageOutputTokens: "gen_ai.usage.output_tokens",
  embeddingsDimensionCount: "gen_ai.embeddings.dimension.count",
  inputMessages: "gen_ai.input.messages",
  outputMessages: "gen_ai.output.messages",
  tokenType: "gen_ai.token.type",
  tokenModality: "gen_ai.token.modality",
} as const;

export const general = {
  errorType: "error.type",
  serverAddress: "server.address",
  serverPort: "server.port",
} as const;

export const metricNames = {
  embeddingsDuration: "gen_ai.client.embeddings.duration",
  embeddingsInputTokens: "gen_ai.client.embeddings.operation.input_tokens",
  inferenceDuration: "gen_ai.client.inference.duration",
  inferenceTimeToFirstChunk: "gen_ai.client.inference.time_to_first_chunk",
  inferenceInputTokens: "gen_ai.client.inference.operation.input_tokens",
  inferenceOutputTokens: "gen_ai.client.inference.operation.output_tokens",
  inferenceUsedInputTokens: "gen_ai.client.inference.usage.input_tokens",
  inferenceUsedOutputTokens: "gen_ai.client.inference.usage.output_tokens",
} as const;

/** As in the conventions before they had a repository of their own: up to 1.41 of `semantic-conventions`. */
export const oldMetricNames = {
  operationDuration: "gen_ai.client.operation.duration",
  timeToFirstChunk: "gen_ai.client.operation.time_to_first_chunk",
  tokenUsage: "gen_ai.client.token.usage",
} as const;

/**
 * Names from OpenInference.
 *
 * @see https://arize-ai.github.io/openinference/spec/
 */
export const openInference = {
  spanKind: "openinference.span.kind",
  inputValue: "input.value",
  inputMimeType: "input.mime_type",
  outputValue: "output.value",
  outputMimeType: "output.mime_type",
  embeddingModelName: "embedding.model_name",
  embeddingInvocationParameters: "embedding.invocation_parameters",
  embeddingEmbeddings: "embedding.embeddings",
  embeddingText: "embedding.text",
  llmSystem: "llm.system",
  llmProvider: "llm.provider",
  llmModelName: "llm.model_name",
  llmRequestModelName: "llm.request.model_name",
  llmResponseModelName: "llm.response.model_name",
  llmFinishReason: "llm.finish_reason",
  llmInputMessages: "llm.input_messages",
  llmOutputMessages: "llm.output_messages",
  promptTokens: "llm.token_count.prompt",
  completionTokens: "llm.token_count.completion",
  totalTokens: "llm.token_count.total",
  messageRole: "message.role",
  messageContent: "message.content",
  toolName: "tool.name",
  agentName: "agent.name",
  rerankerModelName: "reranker.model_name",
  rerankerQuery: "reranker.query",
  rerankerTopK: "reranker.top_k",
} as const;

/** Upper bounds of buckets, in seconds. */
export const secondsBuckets: readonly number[] = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

/** Upper bounds of buckets, in tokens. */
export const tokenBuckets: readonly number[] = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
];
