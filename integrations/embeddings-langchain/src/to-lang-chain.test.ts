import { Embeddings } from "@langchain/core/embeddings";
import { FakeVectorStore } from "@langchain/core/utils/testing";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { EmbeddingBatchError } from "@llx/embeddings";
import { fakeEmbedding, fakeVectorOf } from "@llx/embeddings/testing";
import { describe, expect, it, vi } from "vitest";
import { toLangChain } from "./index.ts";

const vectorOf = (text: string): number[] => [...fakeVectorOf(text, "float", 4)];

describe("toLangChain", () => {
  it("returns embeddings that embed all documents in one call", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    await using own = fakeEmbedding({ dimensions: 4, limits: { inputs: 10 }, callbackManager });
    const embeddings = toLangChain(own);
    expect(embeddings).toBeInstanceOf(Embeddings);
    const texts = Array.from({ length: 95 }, (_, index) => `text ${index}`);
    expect(await embeddings.embedDocuments(texts)).toEqual(texts.map(vectorOf));
    expect(debug.getEventPairs("embed_texts").map(([{ payload }]) => payload)).toMatchObject([{ count: 95 }]);
    expect(debug.getEventPairs("embedding")).toHaveLength(10);
  });

  it("distinguishes queries from documents", async () => {
    const respond = vi.fn<(request: { readonly inputType: string }) => void>();
    await using own = fakeEmbedding({ dimensions: 4, respond });
    const embeddings = toLangChain(own);
    expect(await embeddings.embedQuery("why?")).toEqual(vectorOf("why?"));
    await embeddings.embedDocuments(["because"]);
    expect(respond.mock.calls.map(([{ inputType }]) => inputType)).toEqual(["query", "document"]);
  });

  it("works with a vector store", async () => {
    await using own = fakeEmbedding({ dimensions: 4 });
    const store = new FakeVectorStore(toLangChain(own));
    const documents = ["one", "two", "three"].map((pageContent) => ({ pageContent, metadata: {} }));
    await store.addDocuments(documents);
    const [found] = await store.similaritySearch("two", 1);
    expect(found?.pageContent).toBe("two");
  });

  it("leaves retries to the model, and its errors unchanged", async () => {
    const broken = Object.assign(new Error("broken"), { retryable: true });
    const respond = vi.fn(() => {
      throw broken;
    });
    await using own = fakeEmbedding({ dimensions: 4, respond, retry: { attempts: 1 } });
    const error = await toLangChain(own)
      .embedDocuments(["a", "b"])
      .then(undefined, (thrown: unknown) => thrown);
    if (!(error instanceof EmbeddingBatchError)) throw error;
    expect(error).toMatchObject({ cause: broken, failed: [{ index: 0 }, { index: 1 }] });
    await expect(toLangChain(own).embedQuery("a")).rejects.toBe(broken);
    expect(respond).toHaveBeenCalledTimes(2);
  });

  it("shows nothing of the model but its class", async () => {
    await using own = fakeEmbedding({ dimensions: 4 });
    expect(Object.keys(toLangChain(own))).toEqual(["caller"]);
  });
});
