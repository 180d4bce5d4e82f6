import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { sampleProviderEmbedding } from "./index.ts";

it("returns floats, with known encodings", () => {
  expectTypeOf(sampleProviderEmbedding({ encoding: "base64" })).toEqualTypeOf<EmbeddingModel>();
  // @ts-expect-error no such encoding
  void (() => sampleProviderEmbedding({ encoding: "raw" }));
});
