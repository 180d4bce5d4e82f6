import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { bedrockEmbedding } from "./index.ts";

it("returns floats, from a named model", () => {
  expectTypeOf(bedrockEmbedding({ model: "other" })).toEqualTypeOf<EmbeddingModel>();
  // @ts-expect-error no name
  void (() => bedrockEmbedding({ model: 5 }));
});
