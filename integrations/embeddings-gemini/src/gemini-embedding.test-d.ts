import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { geminiEmbedding } from "./index.ts";

it("returns floats, from a named model", () => {
  expectTypeOf(geminiEmbedding({ model: "other" })).toEqualTypeOf<EmbeddingModel>();
  // @ts-expect-error no name
  void (() => geminiEmbedding({ model: 5 }));
});
