import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { openaiEmbedding } from "./index.ts";

it("gives floats, over encodings that there are", () => {
  expectTypeOf(openaiEmbedding({ encoding: "base64" })).toEqualTypeOf<EmbeddingModel>();
  // @ts-expect-error no such encoding
  void (() => openaiEmbedding({ encoding: "raw" }));
});
