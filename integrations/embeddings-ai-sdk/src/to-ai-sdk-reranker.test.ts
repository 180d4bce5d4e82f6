import { fakeReranker, fakeScore } from "@llx/embeddings/testing";
import { rerank } from "ai";
import { describe, expect, it, vi } from "vitest";
import { toAiSdkReranker } from "./rerank.ts";

const query = "a black cat";
const documents = ["two dogs", "a black bird", "a black cat"];

describe("toAiSdkReranker", () => {
  it("returns a model for rerank", async () => {
    await using own = fakeReranker();
    const { ranking, response } = await rerank({ model: toAiSdkReranker(own), query, documents, topN: 2 });
    expect(ranking).toEqual(
      [2, 1].map((originalIndex) => ({
        originalIndex,
        score: fakeScore(query, documents[originalIndex]!),
        document: documents[originalIndex],
      })),
    );
    expect(response).toMatchObject({ id: "fake-request-1", modelId: "fake-reranker" });
  });

  it("ranks objects as their JSON", async () => {
    const respond = vi.fn<(request: { readonly texts: readonly string[] }) => void>();
    await using own = fakeReranker({ respond });
    const animals = [{ name: "dog" }, { name: "cat" }];
    const { rerankedDocuments } = await rerank({
      model: toAiSdkReranker(own),
      query: "cat",
      documents: animals,
    });
    expect(rerankedDocuments).toEqual([{ name: "cat" }, { name: "dog" }]);
    expect(respond.mock.calls[0]![0].texts).toEqual(['{"name":"dog"}', '{"name":"cat"}']);
  });

  it("leaves retries to the reranker, and its errors unchanged", async () => {
    const broken = Object.assign(new Error("broken"), { retryable: true });
    const respond = vi.fn(() => {
      throw broken;
    });
    await using own = fakeReranker({ respond, retry: { attempts: 1 } });
    const call = rerank({ model: toAiSdkReranker(own), query, documents, maxRetries: 5 });
    await expect(call).rejects.toBe(broken);
    expect(respond).toHaveBeenCalledOnce();
  });

  it("stops with the signal of the caller", async () => {
    const stop = new AbortController();
    const reason = new Error("no more of it");
    await using own = fakeReranker({ respond: () => stop.abort(reason) });
    const call = rerank({ model: toAiSdkReranker(own), query, documents, abortSignal: stop.signal });
    await expect(call).rejects.toBe(reason);
  });

  it("warns about options that a call does not support", async () => {
    await using own = fakeReranker();
    const texts = { type: "text" as const, values: documents };
    const model = toAiSdkReranker(own);
    expect(await model.doRerank({ query, documents: texts, headers: { "User-Agent": "ai" } })).toMatchObject({
      warnings: [],
    });
    const { warnings } = await model.doRerank({
      query,
      documents: texts,
      headers: { "x-a": "b" },
      providerOptions: { a: { b: 1 } },
    });
    const details = "pass it when you create the model";
    expect(warnings).toEqual(
      ["headers", "providerOptions"].map((feature) => ({ type: "unsupported", feature, details })),
    );
  });

  it("refuses what is not a reranker", () => {
    expect(() => toAiSdkReranker({} as never)).toThrow("toAiSdkReranker needs a reranker");
  });
});
