import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { mistralEmbedding } from "./index.ts";

it("returns floats, or the requested type", () => {
  expectTypeOf(mistralEmbedding({ encoding: "base64" })).toEqualTypeOf<EmbeddingModel>();
  const int8 = mistralEmbedding({ elementType: "int8" });
  expectTypeOf(int8.getTextEmbedding("a")).toEqualTypeOf<Promise<Int8Array>>();
  expectTypeOf(mistralEmbedding({ elementType: "ubinary" })).toEqualTypeOf<EmbeddingModel<"ubinary">>();
  // @ts-expect-error no such encoding
  void (() => mistralEmbedding({ encoding: "raw" }));
  // @ts-expect-error no such type
  void (() => mistralEmbedding({ elementType: "float16" }));
});
