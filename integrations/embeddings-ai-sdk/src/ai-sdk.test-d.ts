import type {
  EmbeddingModelV2,
  EmbeddingModelV3,
  EmbeddingModelV4,
  RerankingModelV4,
} from "@ai-sdk/provider";
import type { EmbeddingModel } from "@llx/embeddings";
import { fakeEmbedding, fakeReranker } from "@llx/embeddings/testing";
import type { EmbeddingModel as AnyModelOfTheSdk, RerankingModel } from "ai";
import { describe, expectTypeOf, it } from "vitest";
import { fromAiSdk, toAiSdk } from "./index.ts";
import { toAiSdkReranker } from "./rerank.ts";

describe("fromAiSdk", () => {
  it("takes the embedding models of each version of the AI SDK", () => {
    expectTypeOf<EmbeddingModelV4>().toExtend<Parameters<typeof fromAiSdk>[0]>();
    expectTypeOf<EmbeddingModelV3>().toExtend<Parameters<typeof fromAiSdk>[0]>();
    expectTypeOf<EmbeddingModelV2<string>>().toExtend<Parameters<typeof fromAiSdk>[0]>();
    expectTypeOf(fromAiSdk).returns.toEqualTypeOf<EmbeddingModel>();
  });

  it("takes no name of a model", () => {
    expectTypeOf<string>().not.toExtend<Parameters<typeof fromAiSdk>[0]>();
  });
});

describe("toAiSdk", () => {
  it("gives an embedding model of the AI SDK, of whatever elements", () => {
    expectTypeOf(toAiSdk(fakeEmbedding())).toExtend<EmbeddingModelV4>();
    expectTypeOf(toAiSdk(fakeEmbedding())).toExtend<AnyModelOfTheSdk>();
    expectTypeOf(toAiSdk(fakeEmbedding({ elementType: "int8" }))).toExtend<EmbeddingModelV4>();
  });
});

describe("toAiSdkReranker", () => {
  it("gives a reranking model of the AI SDK", () => {
    expectTypeOf(toAiSdkReranker(fakeReranker())).toExtend<RerankingModelV4>();
    expectTypeOf(toAiSdkReranker(fakeReranker())).toExtend<RerankingModel>();
  });
});
