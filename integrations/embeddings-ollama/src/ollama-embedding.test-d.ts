import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { ollamaEmbedding } from "./index.ts";

it("returns floats, from a named model", () => {
  expectTypeOf(ollamaEmbedding({ model: "other" })).toEqualTypeOf<EmbeddingModel>();
  // @ts-expect-error no name
  void (() => ollamaEmbedding({ model: 5 }));
});
