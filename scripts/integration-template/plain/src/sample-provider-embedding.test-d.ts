import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { sampleProviderEmbedding } from "./index.ts";

it("returns floats, from a named model", () => {
  expectTypeOf(sampleProviderEmbedding({ model: "other" })).toEqualTypeOf<EmbeddingModel>();
  // @ts-expect-error no name
  void (() => sampleProviderEmbedding({ model: 5 }));
});
