import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { cohereEmbedding } from "./index.ts";

it("returns floats, from a named model", () => {
  expectTypeOf(cohereEmbedding({ model: "other" })).toEqualTypeOf<EmbeddingModel>();
  // @ts-expect-error no name
  void (() => cohereEmbedding({ model: 5 }));
});
