import type { ElementType, Embedding, EmbeddingModel } from "@llx/embeddings";
import { describe, expectTypeOf, it } from "vitest";
import { cohereEmbedding } from "./index.ts";

describe("the vectors of Cohere", () => {
  it("are floats by default", () => {
    expectTypeOf(cohereEmbedding()).toEqualTypeOf<EmbeddingModel>();
    expectTypeOf(cohereEmbedding({ model: "other", dimensions: 256 })).toEqualTypeOf<EmbeddingModel>();
    expectTypeOf(cohereEmbedding().getQueryEmbedding("a")).toEqualTypeOf<Promise<Embedding>>();
  });

  it("have the type of their elements", () => {
    const int8 = cohereEmbedding({ elementType: "int8" });
    expectTypeOf(int8.getTextEmbedding("a")).toEqualTypeOf<Promise<Int8Array>>();
    const ubinary = cohereEmbedding({ elementType: "ubinary" });
    expectTypeOf(ubinary.getTextEmbedding("a")).toEqualTypeOf<Promise<Uint8Array>>();
    const elementType = "int8" as ElementType;
    expectTypeOf(cohereEmbedding({ elementType }).getTextEmbedding("a")).toEqualTypeOf<
      Promise<Float32Array | Int8Array | Uint8Array>
    >();
  });

  it("have no other elements", () => {
    // @ts-expect-error the layout of its bytes is not documented
    expectTypeOf(cohereEmbedding).toBeCallableWith({ elementType: "base64" });
    // @ts-expect-error no name
    expectTypeOf(cohereEmbedding).toBeCallableWith({ model: 5 });
  });
});
