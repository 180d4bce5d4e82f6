import { describe, expect, it } from "vitest";
import { fake } from "../testing/lengths-provider.ts";
import { readUsage } from "./read-usage.ts";

describe("readUsage", () => {
  it.each([
    [
      { inputTokens: 5, outputTokens: 0, totalTokens: 5 },
      { inputTokens: 5, outputTokens: 0, totalTokens: 5 },
    ],
    [{ inputTokens: "5", totalTokens: 7 }, { totalTokens: 7 }],
    [{ inputTokens: -1, outputTokens: 1.5, totalTokens: Number.NaN }, {}],
    [{ inputTokens: null, totalTokens: undefined }, {}],
    [null, undefined],
    ["many", undefined],
    [undefined, undefined],
  ])("reads %j", (told, usage) => {
    expect(readUsage(told as never)).toEqual(usage);
  });
});

it("does not lose a response if it is invalid", async () => {
  const { model } = fake({
    embed: async () => ({
      embeddings: [{ index: 0, embedding: [1, 2] }],
      usage: { totalTokens: 1.5, inputTokens: "3" as never },
    }),
  });
  const { embeddings, usage } = await model.getTextEmbeddingBatch(["a"]);
  expect(embeddings).toEqual([Float32Array.of(1, 2)]);
  expect(usage).toBeUndefined();
});
