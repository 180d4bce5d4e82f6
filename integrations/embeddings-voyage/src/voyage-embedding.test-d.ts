import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { voyageEmbedding } from "./index.ts";

it("returns floats, from a named model", () => {
  expectTypeOf(voyageEmbedding({ model: "other" })).toEqualTypeOf<EmbeddingModel>();
  // @ts-expect-error no name
  void (() => voyageEmbedding({ model: 5 }));
});
