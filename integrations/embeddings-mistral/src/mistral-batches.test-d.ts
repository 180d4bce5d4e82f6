import type { BatchResult, EmbeddingBatchService } from "@llx/embeddings/batch";
import { expectTypeOf, it } from "vitest";
import { mistralBatches } from "./batch.ts";

it("has embeddings of the element type", () => {
  expectTypeOf(mistralBatches()).toEqualTypeOf<EmbeddingBatchService>();
  const batches = mistralBatches({ elementType: "int8" });
  expectTypeOf(batches).toEqualTypeOf<EmbeddingBatchService<"int8">>();
  type Embedding = Extract<BatchResult<"int8">, { error?: undefined }>["embedding"];
  expectTypeOf<Embedding>().toEqualTypeOf<Int8Array>();
  // @ts-expect-error -- a batch service has no cache: what runs it opens one
  mistralBatches({ cache: true });
});
