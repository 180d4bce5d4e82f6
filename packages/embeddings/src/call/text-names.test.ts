import { describe, expect, it } from "vitest";
import { coalesce } from "../coalesce/coalesce.ts";
import { failureOf, fake } from "../testing/lengths-provider.ts";

/** A model whose service returns NaN for the text "bad". */
const withNaN = () =>
  fake({
    embed: async ({ texts }) => ({
      embeddings: texts.map((text, index) => ({ index, embedding: [text === "bad" ? Number.NaN : 1, 1] })),
    }),
  }).model;

const once = { retry: { attempts: 1 } };
/** Equal texts are sent once: the request positions differ from the indexes. */
const texts = ["a", "a", "b", "c", "d", "d", "bad", "e"];

describe("an error of an invalid response", () => {
  it("names the index of the text in the list of a batch", async () => {
    expect(String(await failureOf(withNaN().getTextEmbeddingBatch(texts)))).toContain(
      "fake returned an invalid response: the embedding of texts[6] contains NaN at index 0: the model returned no number",
    );
  });

  it("names the index of the text in the list where its request was halved", async () => {
    const { model } = fake(
      {
        limits: { inputs: 8 },
        embed: async (request) => {
          if (request.texts.length > 1)
            throw Object.assign(new Error("too many"), { status: 400, retryable: false });
          return { embeddings: [{ index: 0, embedding: [request.texts[0] === "bad" ? Number.NaN : 1, 1] }] };
        },
      },
      once,
    );
    const { failed } = await model.getTextEmbeddingBatch(texts, { settle: true });
    expect(failed.map(({ index }) => index)).toEqual([6]);
    expect(String(failed[0]!.error)).toContain("the embedding of texts[6] contains NaN");
    const rows = await Array.fromAsync(model.streamTextEmbeddings(texts, { settle: true }));
    expect(String(rows[6]!.error)).toContain("the embedding of texts[6] contains NaN");
  });

  it("names the index of the text in a stream", async () => {
    const reading = Array.fromAsync(withNaN().streamTextEmbeddings(texts));
    expect(String(await failureOf(reading))).toContain("the embedding of texts[6] contains NaN");
  });

  it("names the text of a single call", async () => {
    const model = withNaN();
    expect(String(await failureOf(model.getTextEmbedding("bad")))).toContain(
      "the embedding of the text contains NaN",
    );
    expect(String(await failureOf(model.getQueryEmbedding("bad")))).toContain(
      "the embedding of the query contains NaN",
    );
  });
});

describe("an error of a text that cannot be sent", () => {
  it.each([
    ["a model", () => fake().model],
    ["a coalesced model", () => coalesce(fake().model)],
  ])("names the text of a single call of %s", async (_what, create) => {
    const model = create();
    const [text, query, none] = await Promise.all([
      failureOf(model.getTextEmbedding("")),
      failureOf(model.getQueryEmbedding(" ")),
      failureOf(model.getTextEmbedding(undefined as never)),
      model.getTextEmbedding("a"),
    ]);
    expect(text).toEqual(new RangeError("the text is empty or only white space; omit it"));
    expect(query).toEqual(new RangeError("the query is empty or only white space; omit it"));
    expect(none).toEqual(new TypeError("the text must be a string, not undefined"));
  });
});
