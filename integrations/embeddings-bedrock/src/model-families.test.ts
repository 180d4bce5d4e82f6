import { describe, expect, it } from "vitest";
import { familyOf } from "./model-families.ts";

describe("the family of a model", () => {
  it.each([
    ["amazon.titan-embed-text-v2:0", "titan-v2"],
    ["amazon.titan-embed-text-v2:0:8k", "titan-v2"],
    ["arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0", "titan-v2"],
    ["amazon.titan-embed-text-v1", "titan-v1"],
    ["amazon.titan-embed-text-v1:2:8k", "titan-v1"],
    ["amazon.titan-embed-g1-text-02", "titan-v1"],
    ["cohere.embed-english-v3", "cohere-v3"],
    ["cohere.embed-multilingual-v3:0:512", "cohere-v3"],
    ["cohere.embed-v4:0", "cohere-v4"],
    ["us.cohere.embed-v4:0", "cohere-v4"],
    ["arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.cohere.embed-v4:0", "cohere-v4"],
    ["amazon.nova-2-multimodal-embeddings-v1:0", "nova"],
  ])("of %s is %s", (model, family) => {
    expect(familyOf(model, undefined)).toBe(family);
  });

  it("is the given one, whatever the model", () => {
    expect(familyOf("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", "cohere-v4")).toBe(
      "cohere-v4",
    );
  });

  it.each([
    [
      "twelvelabs.marengo-embed-2-7-v1:0",
      undefined,
      'the model "twelvelabs.marengo-embed-2-7-v1:0" does not show how its requests look: give the option family, ' +
        'one of "titan-v2", "titan-v1", "cohere-v3", "cohere-v4", "nova"',
    ],
    [
      "cohere.embed-v4:0",
      "toString",
      'family must be one of "titan-v2", "titan-v1", "cohere-v3", "cohere-v4", "nova", not "toString"',
    ],
  ])("cannot be found for %s and %s", (model, given, message) => {
    expect(() => familyOf(model, given as never)).toThrow(new TypeError(message));
  });
});
