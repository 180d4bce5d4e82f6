import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { voyageEmbedding } from "./index.ts";

it("returns floats, or the requested type", () => {
  expectTypeOf(voyageEmbedding({ encoding: "base64" })).toEqualTypeOf<EmbeddingModel>();
  const int8 = voyageEmbedding({ elementType: "int8" });
  expectTypeOf(int8.getTextEmbedding("a")).toEqualTypeOf<Promise<Int8Array>>();
  expectTypeOf(voyageEmbedding({ elementType: "ubinary" })).toEqualTypeOf<EmbeddingModel<"ubinary">>();
  // @ts-expect-error no such encoding
  void (() => voyageEmbedding({ encoding: "raw" }));
  // @ts-expect-error no such type
  void (() => voyageEmbedding({ elementType: "float16" }));
});
