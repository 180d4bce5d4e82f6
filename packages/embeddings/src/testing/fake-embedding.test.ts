import { describe, expect, it } from "vitest";
import { fakeEmbedding } from "./fake-embedding.ts";
import { fakeVector, fakeVectorOf } from "./fake-vector.ts";

describe("fakeEmbedding", () => {
  it("returns fake vectors, the number of words as usage, and request ids", async () => {
    await using model = fakeEmbedding();
    const batch = await model.getTextEmbeddingBatch(["one", " two  words\n", "one"]);
    const [one, two] = [fakeVector("one", 8), fakeVector(" two  words\n", 8)];
    expect(batch).toEqual({
      embeddings: [one, two, one],
      usage: { inputTokens: 3, totalTokens: 3 },
      model: "fake-8",
      requestIds: ["fake-request-1"],
      truncated: [],
    });
    expect(await model.getQueryEmbedding("one")).toEqual(one);
    expect(model).toMatchObject({ provider: "fake", model: "fake-8", dimensions: 8, limits: { inputs: 96 } });
  });

  it("takes dimensions, a seed, an element type and limits", async () => {
    const limits = { inputs: 2, charactersPerInput: 5 };
    await using model = fakeEmbedding({ dimensions: 3, seed: 4, elementType: "uint8", limits });
    const { embeddings, requestIds } = await model.getTextEmbeddingBatch(["a", "b", "c"]);
    expect(embeddings).toEqual(["a", "b", "c"].map((text) => fakeVectorOf(text, "uint8", 3, 4)));
    expect(requestIds).toHaveLength(2);
    await expect(model.getTextEmbedding("longer")).rejects.toThrow(RangeError);
  });

  it("calls respond before each response, and fails with what it throws", async () => {
    const seen: [readonly string[], number][] = [];
    await using model = fakeEmbedding({
      retry: { delay: 0 },
      respond: ({ texts }, { attempt }) => {
        seen.push([texts, attempt]);
        if (attempt === 1) throw new Error("not today");
      },
    });
    expect(await model.getTextEmbedding("a")).toEqual(fakeVector("a", 8));
    expect(seen).toEqual([
      [["a"], 1],
      [["a"], 2],
    ]);
  });

  it("waits for respond, and no longer than the signal allows", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    await using model = fakeEmbedding({
      respond: () => {
        onAsked();
        return promise;
      },
    });
    const controller = new AbortController();
    const aborted = model.getTextEmbedding("a", { signal: controller.signal });
    const other = model.getTextEmbedding("b");
    await asked;
    controller.abort("enough");
    await expect(aborted).rejects.toBe("enough");
    resolve();
    expect(await other).toEqual(fakeVector("b", 8));
  });

  it("passes on the options of every model", async () => {
    const countTokens = (text: string): number => text.length;
    await using model = fakeEmbedding({ limits: { inputs: 9, tokensPerInput: 3 }, countTokens });
    await expect(model.getTextEmbedding("four")).rejects.toThrow(/4 tokens/);
    expect(() => fakeEmbedding({ workers: 0 })).toThrow(RangeError);
    expect(() => fakeEmbedding({ dimensions: 0 })).toThrow(RangeError);
  });
});
