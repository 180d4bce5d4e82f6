import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { sampleProviderEmbedding } from "./index.ts";

it("gives floats, over encodings that there are", () => {
  expectTypeOf(sampleProviderEmbedding({ encoding: "base64" })).toEqualTypeOf<EmbeddingModel>();
  // @ts-expect-error no such encoding
  void (() => sampleProviderEmbedding({ encoding: "raw" }));
});
