import * as semconv from "@opentelemetry/semantic-conventions/incubating";
import { expect, it } from "vitest";
import { genAi, general, metricNames, secondsBuckets, tokenBuckets } from "./conventions.ts";

it("writes attributes as the conventions do", () => {
  expect({ ...genAi, ...general }).toEqual({
    operationName: semconv.ATTR_GEN_AI_OPERATION_NAME,
    providerName: semconv.ATTR_GEN_AI_PROVIDER_NAME,
    requestModel: semconv.ATTR_GEN_AI_REQUEST_MODEL,
    requestStream: semconv.ATTR_GEN_AI_REQUEST_STREAM,
    responseModel: semconv.ATTR_GEN_AI_RESPONSE_MODEL,
    responseFinishReasons: semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
    responseTimeToFirstChunk: semconv.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
    usageInputTokens: semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS,
    usageOutputTokens: semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
    embeddingsDimensionCount: semconv.ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT,
    inputMessages: semconv.ATTR_GEN_AI_INPUT_MESSAGES,
    outputMessages: semconv.ATTR_GEN_AI_OUTPUT_MESSAGES,
    tokenType: semconv.ATTR_GEN_AI_TOKEN_TYPE,
    errorType: semconv.ATTR_ERROR_TYPE,
    serverAddress: semconv.ATTR_SERVER_ADDRESS,
    serverPort: semconv.ATTR_SERVER_PORT,
  });
});

it("writes metrics as the conventions do", () => {
  expect(metricNames).toEqual({
    operationDuration: semconv.METRIC_GEN_AI_CLIENT_OPERATION_DURATION,
    timeToFirstChunk: semconv.METRIC_GEN_AI_CLIENT_OPERATION_TIME_TO_FIRST_CHUNK,
    tokenUsage: semconv.METRIC_GEN_AI_CLIENT_TOKEN_USAGE,
  });
});

it("has the buckets of the conventions: powers of 2 from 10 ms, powers of 4 from 1 token", () => {
  expect(secondsBuckets).toEqual(Array.from({ length: 14 }, (_, power) => 2 ** power / 100));
  expect(tokenBuckets).toEqual(Array.from({ length: 14 }, (_, power) => 4 ** power));
});
