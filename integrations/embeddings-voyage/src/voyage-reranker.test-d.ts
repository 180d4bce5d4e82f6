import type { Reranker } from "@llx/embeddings/rerank";
import { expectTypeOf, it } from "vitest";
import { voyageReranker } from "./rerank.ts";

it("is a reranker, with options of its own and no others", () => {
  expectTypeOf(voyageReranker({ model: "other", truncate: true })).toEqualTypeOf<Reranker>();
  // @ts-expect-error an option of Cohere
  expectTypeOf(voyageReranker).toBeCallableWith({ priority: 5 });
});
