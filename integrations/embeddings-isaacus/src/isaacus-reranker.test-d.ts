import type { Reranker } from "@llx/embeddings/rerank";
import { expectTypeOf, it } from "vitest";
import { isaacusReranker } from "./rerank.ts";

it("is a reranker, with options of its own and no others", () => {
  const chunking = { size: 512, overlapTokens: 8 };
  expectTypeOf(isaacusReranker({ scoringMethod: "chunk_min", chunking })).toEqualTypeOf<Reranker>();
  // @ts-expect-error no such method
  expectTypeOf(isaacusReranker).toBeCallableWith({ scoringMethod: "best" });
  // @ts-expect-error in the words of the service
  expectTypeOf(isaacusReranker).toBeCallableWith({ chunking: { overlap_tokens: 8 } });
});
