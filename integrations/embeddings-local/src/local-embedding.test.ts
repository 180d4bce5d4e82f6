import { type Embedding, type EmbeddingModel, similarity, topK } from "@llx/embeddings";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localEmbedding } from "./index.ts";

/** The model is loaded in a second or so on each thread. */
const patience = 60_000;

const threads = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind === "MessagePort" || kind === "Worker").length;

/** Texts on ten subjects, and questions in other words, in the same order. */
const texts = [
  "Bread dough has to rest in a warm place until it has doubled in size.",
  "The moon's gravity pulls the oceans and makes the tides.",
  "To change a flat tyre, loosen the wheel nuts before you lift the car.",
  "Honey bees dance to tell each other where flowers are.",
  "The court found the contract void because it was signed under threat.",
  "Rinse a burn under cool running water for twenty minutes.",
  "The striker scored twice in the last five minutes of the final.",
  "Interest on the loan is charged at the end of each month.",
  "The violin has four strings, tuned a fifth apart.",
  "Steep green tea for two minutes in water that does not boil.",
];
const queries = [
  "letting yeast work before baking a loaf",
  "why does the sea level rise and fall every day",
  "replacing a punctured wheel at the roadside",
  "how insects share the location of nectar",
  "an agreement that is not binding since someone was forced",
  "first aid for skin hurt by heat",
  "who decided the football match shortly before the whistle",
  "when does the bank collect the cost of borrowed money",
  "the pitch of a stringed instrument played with a bow",
  "brewing a hot drink from leaves without making it bitter",
];

describe("localEmbedding", () => {
  let model: EmbeddingModel;

  beforeAll(() => {
    model = localEmbedding({ workers: 2 });
  });

  afterAll(() => model.aclose());

  it("gives the vectors of all-MiniLM-L6-v2", { timeout: patience }, async () => {
    const pair = ["The weather is lovely today.", "It's so sunny outside!"];
    const { embeddings } = await model.getTextEmbeddingBatch(pair);
    const [a, b] = embeddings as [Embedding, Embedding];
    expect(a).toHaveLength(384);
    expect(similarity(a, a, "dot")).toBeCloseTo(1, 4);
    // The figure that the model's authors publish.
    expect(similarity(a, b)).toBeCloseTo(0.666, 2);
  });

  it("finds each of ten texts by a question in other words", { timeout: patience }, async () => {
    const { embeddings } = await model.getTextEmbeddingBatch(texts);
    const questions = await Promise.all(queries.map((query) => model.getQueryEmbedding(query)));
    expect(questions.map((question) => topK(question, embeddings, 1)[0]!.index)).toEqual([...texts.keys()]);
  });

  it("gives one text the same vector, alone or among others", { timeout: patience }, async () => {
    const alone = await model.getTextEmbedding(texts[3]!);
    const { embeddings } = await model.getTextEmbeddingBatch(texts);
    expect(embeddings[3]).toEqual(alone);
  });

  it("leaves the event loop free while it computes", { timeout: patience }, async () => {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await model.getTextEmbeddingBatch(texts);
    done = true;
    // On the thread of the loop it would be a turn for each text at the most.
    expect(turns).toBeGreaterThan(1000);
  });

  it("ends at once on an abort, and can be used again", { timeout: patience }, async () => {
    const controller = new AbortController();
    const work = model.getTextEmbeddingBatch(texts, { signal: controller.signal });
    const reason = new Error("enough");
    setImmediate(() => controller.abort(reason));
    await expect(work).rejects.toBe(reason);
    expect(await model.getTextEmbedding(texts[0]!)).toHaveLength(384);
  });

  it("takes a text that is longer than the model reads", { timeout: patience }, async () => {
    const start = "A contract is an agreement between two parties. ".repeat(60);
    const { embeddings } = await model.getTextEmbeddingBatch([
      `${start}One end.`,
      `${start}Another end altogether.`,
    ]);
    expect(embeddings[0]).toEqual(embeddings[1]);
  });
});

describe("the threads", () => {
  it("are ended by aclose, with what they are doing", { timeout: patience }, async () => {
    const before = threads();
    const model = localEmbedding({ workers: 1 });
    const work = model.getTextEmbeddingBatch(texts).catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    expect(threads()).toBeGreaterThan(before);
    await Promise.all([model.aclose(), model.aclose()]);
    expect(String(await work)).toMatch(/thread of the local embedding model|is closed/);
    expect(threads()).toBe(before);
    await expect(model.getTextEmbedding("a")).rejects.toThrow(
      "the local embedding model is closed; make a new one",
    );
  });

  it.each([0, -1, 1.5, Number.NaN])("cannot be %s", (workers) => {
    expect(() => localEmbedding({ workers })).toThrow(RangeError);
  });
});
