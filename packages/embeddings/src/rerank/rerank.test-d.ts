import { describe, expectTypeOf, it } from "vitest";
import {
  createReranker,
  type RankedText,
  type Reranker,
  type Reranking,
  type RerankProvider,
  type RerankUsage,
} from "../rerank.ts";

const provider: RerankProvider = {
  provider: "a",
  model: "b",
  limits: {},
  rerank: async ({ texts }) => ({ results: texts.map((_, index) => ({ index, score: 0 })) }),
};

describe("a reranker", () => {
  it("returns results that only order the texts of a call", () => {
    const reranker = createReranker(provider, { limits: { tokensPerPair: 5 }, truncate: true });
    expectTypeOf(reranker).toEqualTypeOf<Reranker>();
    expectTypeOf(reranker.rerank("", [], { topN: 3 })).resolves.toEqualTypeOf<Reranking>();
    expectTypeOf<Reranking["results"]>().toEqualTypeOf<readonly RankedText[]>();
    expectTypeOf<Reranking["usage"]>().toEqualTypeOf<RerankUsage | undefined>();
    expectTypeOf<Reranking["requestId"]>().toEqualTypeOf<string | undefined>();
  });

  it("takes a query and texts, and nothing else", () => {
    const reranker = createReranker(provider);
    // @ts-expect-error not numbers
    expectTypeOf(reranker.rerank("", [1])).toBeObject();
    // @ts-expect-error no single text
    expectTypeOf(reranker.rerank("", "a")).toBeObject();
    // @ts-expect-error nothing is embedded
    expectTypeOf(reranker.rerank("", [], { inputType: "query" })).toBeObject();
    // @ts-expect-error nothing is stored
    expectTypeOf(createReranker).toBeCallableWith(provider, { cache: true });
    // @ts-expect-error texts have no limit of characters
    expectTypeOf(createReranker).toBeCallableWith(provider, { limits: { characters: 5 } });
  });
});
