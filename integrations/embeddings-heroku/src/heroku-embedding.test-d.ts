import type { ElementType, Embedding, EmbeddingModel } from "@llx/embeddings";
import { describe, expectTypeOf, it } from "vitest";
import { herokuEmbedding } from "./index.ts";

describe("the vectors", () => {
  it("are floats by default", () => {
    expectTypeOf(herokuEmbedding()).toEqualTypeOf<EmbeddingModel>();
    expectTypeOf(herokuEmbedding({ encoding: "base64" })).toEqualTypeOf<EmbeddingModel>();
    expectTypeOf(herokuEmbedding().getQueryEmbedding("a")).toEqualTypeOf<Promise<Embedding>>();
  });

  it("have the type of their elements", () => {
    const int8 = herokuEmbedding({ elementType: "int8" });
    expectTypeOf(int8.getTextEmbedding("a")).toEqualTypeOf<Promise<Int8Array>>();
    const ubinary = herokuEmbedding({ elementType: "ubinary" });
    expectTypeOf(ubinary.getTextEmbedding("a")).toEqualTypeOf<Promise<Uint8Array>>();
    expectTypeOf(herokuEmbedding({ elementType: "binary" })).toEqualTypeOf<EmbeddingModel<"binary">>();
  });

  it("are any of them where that is decided at run time", () => {
    const elementType = "int8" as ElementType;
    expectTypeOf(herokuEmbedding({ elementType }).getTextEmbedding("a")).toEqualTypeOf<
      Promise<Float32Array | Int8Array | Uint8Array>
    >();
  });

  it("have no other elements, and none that are not known", () => {
    // @ts-expect-error a name that is none
    expectTypeOf(herokuEmbedding).toBeCallableWith({ elementType: "float16" });
    // @ts-expect-error with it, nobody could tell the type of the vectors
    expectTypeOf(herokuEmbedding).toBeCallableWith({ elementType: undefined });
  });
});
