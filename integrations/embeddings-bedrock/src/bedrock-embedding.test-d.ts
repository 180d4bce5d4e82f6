import type { EmbeddingModel } from "@llx/embeddings";
import { expectTypeOf, it } from "vitest";
import { type AwsCredentials, bedrockEmbedding } from "./index.ts";

it("returns floats, from a named model", () => {
  expectTypeOf(bedrockEmbedding({ model: "other" })).toEqualTypeOf<EmbeddingModel>();
  expectTypeOf(bedrockEmbedding()).toEqualTypeOf<EmbeddingModel>();
  // @ts-expect-error no name
  void (() => bedrockEmbedding({ model: 5 }));
  // @ts-expect-error no family
  void (() => bedrockEmbedding({ family: "titan" }));
});

it("returns vectors of the element type", () => {
  const model = bedrockEmbedding({ elementType: "int8" });
  expectTypeOf(model).toEqualTypeOf<EmbeddingModel<"int8">>();
  expectTypeOf(model.getTextEmbedding("a")).resolves.toEqualTypeOf<Int8Array>();
});

it("accepts credentials, or a function that returns them", () => {
  expectTypeOf(bedrockEmbedding).toBeCallableWith({
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  // As the providers of the AWS SDK are typed.
  type SdkProvider = (properties?: Record<string, unknown>) => Promise<{
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
    readonly expiration?: Date;
  }>;
  expectTypeOf<SdkProvider>().toExtend<() => PromiseLike<AwsCredentials>>();
  // @ts-expect-error no secret
  void (() => bedrockEmbedding({ credentials: { accessKeyId: "a" } }));
});
