import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { EmbeddingBatchError } from "@llx/embeddings";
import { fakeEmbedding, fakeVectorOf } from "@llx/embeddings/testing";
import { embed, embedMany } from "ai";
import { describe, expect, it, vi } from "vitest";
import { toAiSdk } from "./index.ts";

const vectorOf = (text: string): number[] => [...fakeVectorOf(text, "float", 4)];

describe("toAiSdk", () => {
  it("returns a model for embed", async () => {
    await using own = fakeEmbedding({ dimensions: 4 });
    const { embedding, usage, warnings } = await embed({ model: toAiSdk(own), value: "a text" });
    expect(embedding).toEqual(vectorOf("a text"));
    expect(usage.tokens).toBeGreaterThan(0);
    expect(warnings).toEqual([]);
  });

  it("returns a model for embedMany, which embeds all texts in one call", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    await using own = fakeEmbedding({ dimensions: 4, limits: { inputs: 10 }, callbackManager });
    const values = Array.from({ length: 95 }, (_, index) => `text ${index}`);
    const { embeddings } = await embedMany({ model: toAiSdk(own), values });
    expect(embeddings).toEqual(values.map(vectorOf));
    expect(debug.getEventPairs("embed_texts").map(([{ payload }]) => payload)).toMatchObject([{ count: 95 }]);
    expect(debug.getEventPairs("embedding")).toHaveLength(10);
    expect((await embedMany({ model: toAiSdk(own), values: [] })).embeddings).toEqual([]);
  });

  it("embeds with the given input type", async () => {
    const respond = vi.fn<(request: { readonly inputType: string }) => void>();
    await using own = fakeEmbedding({ dimensions: 4, respond });
    await embed({ model: toAiSdk(own, { inputType: "query" }), value: "why?" });
    await embed({ model: toAiSdk(own), value: "because" });
    expect(respond.mock.calls.map(([{ inputType }]) => inputType)).toEqual(["query", "document"]);
  });

  it("leaves retries to the model, and its errors unchanged", async () => {
    const broken = Object.assign(new Error("broken"), { retryable: true });
    const respond = vi.fn(() => {
      throw broken;
    });
    await using own = fakeEmbedding({ dimensions: 4, respond, retry: { attempts: 1 } });
    const call = embedMany({ model: toAiSdk(own), values: ["a", "b"], maxRetries: 5 });
    const error = await call.then(undefined, (thrown: unknown) => thrown);
    if (!(error instanceof EmbeddingBatchError)) throw error;
    expect(error).toMatchObject({ cause: broken, failed: [{ index: 0 }, { index: 1 }] });
    expect(respond).toHaveBeenCalledOnce();
  });

  it("stops with the signal of the caller", async () => {
    const stop = new AbortController();
    const reason = new Error("no more of it");
    await using own = fakeEmbedding({ dimensions: 4, respond: () => stop.abort(reason) });
    const call = embed({ model: toAiSdk(own), value: "a", abortSignal: stop.signal });
    await expect(call).rejects.toBe(reason);
  });

  it("warns about options that a call does not support", async () => {
    await using own = fakeEmbedding({ dimensions: 4 });
    const options = { values: ["a"], headers: { "User-Agent": "ai" }, dimensions: 4 };
    expect(await toAiSdk(own).doEmbed(options)).toMatchObject({ warnings: [] });
    const more = { ...options, dimensions: 8, headers: { "x-a": "b" }, providerOptions: { a: { b: 1 } } };
    const { warnings } = await toAiSdk(own).doEmbed(more);
    const details = "pass it when you create the model";
    expect(warnings).toEqual(
      ["dimensions", "headers", "providerOptions"].map((feature) => ({
        type: "unsupported",
        feature,
        details,
      })),
    );
  });
});

it("refuses a wrong name of an option", () => {
  expect(() => toAiSdk(fakeEmbedding(), { inputTypes: "query" } as never)).toThrow(
    new TypeError("there is no option inputTypes; did you mean inputType?"),
  );
});
