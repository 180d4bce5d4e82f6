import type { Reranker } from "@llx/embeddings/rerank";
import { expectTypeOf, it } from "vitest";
import { cohereReranker } from "./rerank.ts";

it("requires that cutting is accepted", () => {
  expectTypeOf(cohereReranker({ truncate: true, priority: 5 })).toEqualTypeOf<Reranker>();
  // @ts-expect-error Cohere cuts
  expectTypeOf(cohereReranker).toBeCallableWith({});
  // @ts-expect-error Cohere cuts
  expectTypeOf(cohereReranker).toBeCallableWith({ truncate: false });
  // @ts-expect-error no option of rerankers
  void (() => cohereReranker({ truncate: true, dimensions: 256 }));
});
