import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { mistralEmbedding } from "./index.ts";

it("returns floats, from a named model", () => {
  expectTypeOf(mistralEmbedding({ model: "other" })).toEqualTypeOf<EmbeddingModel>();
  // @ts-expect-error no name
  void (() => mistralEmbedding({ model: 5 }));
});
