import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { geminiEmbedding } from "./index.ts";

it("returns floats, from a named model", () => {
  expectTypeOf(
    geminiEmbedding({ model: "other", dimensions: 768, tasks: false }),
  ).toEqualTypeOf<EmbeddingModel>();
  // @ts-expect-error no name
  void (() => geminiEmbedding({ model: 5 }));
  // @ts-expect-error no task
  void (() => geminiEmbedding({ tasks: "RETRIEVAL_QUERY" }));
});
