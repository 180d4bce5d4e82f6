import * as semconv from "@opentelemetry/semantic-conventions/incubating";
import { expect, it } from "vitest";
import * as phoenix from "@arizeai/openinference-semantic-conventions";
import {
  genAi,
  general,
  metricNames,
  oldMetricNames,
  openInference,
  secondsBuckets,
  tokenBuckets,
} from "./conventions.ts";

// The constants that OpenTelemetry publishes are those of 1.41, with the names of attributes that are still the same.
it("writes attributes as the conventions do", () => {
  expect({ ...genAi, ...general }).toEqual({
    operationName: semconv.ATTR_GEN_AI_OPERATION_NAME,
    providerName: semconv.ATTR_GEN_AI_PROVIDER_NAME,
    requestModel: semconv.ATTR_GEN_AI_REQUEST_MODEL,
    requestStream: semconv.ATTR_GEN_AI_REQUEST_STREAM,
    requestEncodingFormats: semconv.ATTR_GEN_AI_REQUEST_ENCODING_FORMATS,
    responseModel: semconv.ATTR_GEN_AI_RESPONSE_MODEL,
    responseFinishReasons: semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
    responseTimeToFirstChunk: semconv.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
    usageInputTokens: semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS,
    usageOutputTokens: semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
    embeddingsDimensionCount: semconv.ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT,
    inputMessages: semconv.ATTR_GEN_AI_INPUT_MESSAGES,
    outputMessages: semconv.ATTR_GEN_AI_OUTPUT_MESSAGES,
    tokenType: semconv.ATTR_GEN_AI_TOKEN_TYPE,
    tokenModality: "gen_ai.token.modality", // not published as a constant
    errorType: semconv.ATTR_ERROR_TYPE,
    serverAddress: semconv.ATTR_SERVER_ADDRESS,
    serverPort: semconv.ATTR_SERVER_PORT,
  });
});

it("writes old names of metrics as the conventions did", () => {
  expect(oldMetricNames).toEqual({
    operationDuration: semconv.METRIC_GEN_AI_CLIENT_OPERATION_DURATION,
    timeToFirstChunk: semconv.METRIC_GEN_AI_CLIENT_OPERATION_TIME_TO_FIRST_CHUNK,
    tokenUsage: semconv.METRIC_GEN_AI_CLIENT_TOKEN_USAGE,
  });
});

it("writes the names of OpenInference as its own constants do", () => {
  expect(openInference).toEqual({
    spanKind: phoenix.SemanticConventions.OPENINFERENCE_SPAN_KIND,
    inputValue: phoenix.INPUT_VALUE,
    inputMimeType: phoenix.INPUT_MIME_TYPE,
    outputValue: phoenix.OUTPUT_VALUE,
    outputMimeType: phoenix.OUTPUT_MIME_TYPE,
    embeddingModelName: phoenix.EMBEDDING_MODEL_NAME,
    // In the specification of embedding spans; the package has no constant for it.
    embeddingInvocationParameters: "embedding.invocation_parameters",
    embeddingEmbeddings: phoenix.EMBEDDING_EMBEDDINGS,
    embeddingText: phoenix.EMBEDDING_TEXT,
    llmSystem: phoenix.LLM_SYSTEM,
    llmProvider: phoenix.LLM_PROVIDER,
    llmModelName: phoenix.LLM_MODEL_NAME,
    llmRequestModelName: phoenix.LLM_REQUEST_MODEL_NAME,
    llmResponseModelName: phoenix.LLM_RESPONSE_MODEL_NAME,
    llmFinishReason: phoenix.LLM_FINISH_REASON,
    llmInputMessages: phoenix.LLM_INPUT_MESSAGES,
    llmOutputMessages: phoenix.LLM_OUTPUT_MESSAGES,
    promptTokens: phoenix.LLM_TOKEN_COUNT_PROMPT,
    completionTokens: phoenix.LLM_TOKEN_COUNT_COMPLETION,
    totalTokens: phoenix.LLM_TOKEN_COUNT_TOTAL,
    messageRole: phoenix.MESSAGE_ROLE,
    messageContent: phoenix.MESSAGE_CONTENT,
    toolName: phoenix.TOOL_NAME,
    agentName: phoenix.AGENT_NAME,
    rerankerModelName: phoenix.RERANKER_MODEL_NAME,
    rerankerQuery: phoenix.RERANKER_QUERY,
    rerankerTopK: phoenix.RERANKER_TOP_K,
  });
});

// By https://github.com/open-telemetry/semantic-conventions-genai/tree/v0.1.0/docs/gen-ai; not published as constants.
it("writes metrics as the conventions do", () => {
  expect(metricNames).toEqual({
    embeddingsDuration: "gen_ai.client.embeddings.duration",
    embeddingsInputTokens: "gen_ai.client.embeddings.operation.input_tokens",
    inferenceDuration: "gen_ai.client.inference.duration",
    inferenceTimeToFirstChunk: "gen_ai.client.inference.time_to_first_chunk",
    inferenceInputTokens: "gen_ai.client.inference.operation.input_tokens",
    inferenceOutputTokens: "gen_ai.client.inference.operation.output_tokens",
    inferenceUsedInputTokens: "gen_ai.client.inference.usage.input_tokens",
    inferenceUsedOutputTokens: "gen_ai.client.inference.usage.output_tokens",
  });
});

it("has the buckets of the conventions: powers of 2 from 10 ms, powers of 4 from 1 token", () => {
  expect(secondsBuckets).toEqual(Array.from({ length: 14 }, (_, power) => 2 ** power / 100));
  expect(tokenBuckets).toEqual(Array.from({ length: 14 }, (_, power) => 4 ** power));
});
