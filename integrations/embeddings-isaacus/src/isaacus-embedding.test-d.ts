import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { isaacusEmbedding } from "./index.ts";

it("gives floats, with the tasks that there are", () => {
  expectTypeOf(isaacusEmbedding({ dimensions: 256, textTask: null })).toEqualTypeOf<EmbeddingModel>();
  // @ts-expect-error no such task
  void (() => isaacusEmbedding({ textTask: "classification" }));
});
