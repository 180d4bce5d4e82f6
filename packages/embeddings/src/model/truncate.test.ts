import { describe, expect, it } from "vitest";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import {
  createEmbeddingModel,
  type EmbeddingModelOptions,
  type EmbeddingProvider,
  memoryStore,
} from "../index.ts";

/** A word is a token. */
const countTokens = (text: string): number => text.trim().split(/\s+/).length;

/** A text's vector is the number of its characters, and the provider keeps what it is asked. */
function acme(change: Partial<EmbeddingProvider> = {}) {
  const sent: (readonly [text: string, truncate: boolean])[] = [];
  const provider: EmbeddingProvider = {
    provider: "acme",
    model: "m",
    limits: { inputs: 2, tokensPerInput: 4 },
    countTokens,
    embed: async ({ texts, truncate }) => {
      for (const text of texts) sent.push([text, truncate]);
      return { embeddings: texts.map((text) => ({ embedding: [text.length, 1] })) };
    },
    ...change,
  };
  return { provider, sent };
}

const vector = (length: number): Float32Array => Float32Array.of(length, 1);

describe("truncate: { tokens }", () => {
  it("cuts the texts that are longer, and tells which", async () => {
    const { provider, sent } = acme();
    const model = createEmbeddingModel(provider, { truncate: { tokens: 2 } });
    const result = await model.getTextEmbeddingBatch([
      "one two three",
      "one two",
      "one",
      "one  two four five six",
    ]);
    expect(sent).toEqual([
      ["one two", false],
      ["one", false],
      ["one  two", false],
    ]);
    expect(result.embeddings).toEqual([vector(7), vector(7), vector(3), vector(8)]);
    expect(result.truncated).toEqual([0, 3]);
  });

  it("cuts a text that is alone, and a query", async () => {
    const { provider } = acme();
    const model = createEmbeddingModel(provider, { truncate: { tokens: 1 } });
    expect(await model.getTextEmbedding("one two")).toEqual(vector(3));
    expect(await model.getQueryEmbedding("three four")).toEqual(vector(5));
  });

  it("cuts the texts of a stream, and yields them as they were embedded", async () => {
    const { provider } = acme();
    const handler = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [handler] });
    const model = createEmbeddingModel(provider, { truncate: { tokens: 2 }, callbackManager });
    const rows = [];
    for await (const row of model.streamTextEmbeddings(["one two three", "one"])) rows.push(row);
    expect(rows).toEqual([
      { index: 0, text: "one two", embedding: vector(7) },
      { index: 1, text: "one", embedding: vector(3) },
    ]);
    const call = handler.toJSON().events.find(({ type }) => type === "embed_texts");
    expect(call?.endPayload).toMatchObject({ truncated: 1 });
  });

  it("is part of an estimate, of an array and of a stream", async () => {
    const { provider } = acme();
    const model = createEmbeddingModel(provider, { truncate: { tokens: 2 } });
    const texts = ["one two three", "one two", "one"];
    const expected = { texts: 3, duplicates: 1, tokens: 3 };
    expect(await model.estimate(texts)).toMatchObject(expected);
    expect(await model.estimate(new Set(texts))).toMatchObject(expected);
  });

  it("stores texts as they are cut", async () => {
    const { provider, sent } = acme();
    const cache = memoryStore();
    const long = createEmbeddingModel(provider, { truncate: { tokens: 2 }, cache });
    await long.getTextEmbedding("one two three");
    await long.getTextEmbedding("one two four");
    await createEmbeddingModel(provider, { cache }).getTextEmbedding("one two");
    expect(sent).toEqual([["one two", false]]);
  });

  it("names the text that has failed by its place among those that were passed", async () => {
    const { provider } = acme({
      embed: async ({ texts }) => ({
        embeddings: texts.map((text) => ({ embedding: [text === "bad" ? 0 : 1] })),
      }),
    });
    const model = createEmbeddingModel(provider, { truncate: { tokens: 1 }, retry: { attempts: 1 } });
    await expect(model.getTextEmbeddingBatch(["a b", "a c", "bad text"])).rejects.toThrow("texts[2]");
  });

  it("is for any counter, also one that the user passes", async () => {
    const { provider, sent } = acme({ countTokens: undefined });
    const model = createEmbeddingModel(provider, {
      truncate: { tokens: 3 },
      countTokens: (text) => text.length,
    });
    await model.getTextEmbedding("abcdef");
    expect(sent).toEqual([["abc", false]]);
    expect(model.countTokens!("abcdef")).toBe(6);
  });

  it.each<[string, Partial<EmbeddingProvider>, unknown, string]>([
    [
      "tokens that are only estimated",
      { countTokens: undefined },
      { tokens: 2 },
      "truncate: { tokens } needs the option countTokens, as the tokens of m are only estimated: a function that counts the " +
        "tokens of a text",
    ],
    [
      "more than the model reads",
      {},
      { tokens: 5 },
      "truncate.tokens must be a whole number from 1 to 4, not 5",
    ],
    ["no tokens", {}, {}, "truncate.tokens must be a number, not undefined"],
    ["another name", {}, { token: 3 }, "there is no option truncate.token"],
    ["a number", {}, 512, "truncate must be true, false or { tokens }, not number 512"],
    [
      "true, where the provider does not cut",
      {},
      true,
      "acme does not cut texts that are too long: use truncate: { tokens }, or leave it out and cut them yourself",
    ],
  ])("is refused with %s", (_what, change, truncate, message) => {
    const options = { truncate } as EmbeddingModelOptions;
    expect(() => createEmbeddingModel(acme(change).provider, options)).toThrow(message);
  });
});
