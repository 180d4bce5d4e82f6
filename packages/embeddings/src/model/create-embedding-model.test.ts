import { inspect } from "node:util";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { describe, expect, it, vi } from "vitest";
import { EmbeddingBatchError } from "../index.ts";
import { expected, failureOf, fake, turn } from "../testing/lengths-provider.ts";

describe("an embedding model", () => {
  it("has an embedding for each text, in order, in requests within the limits, equal texts sent once", async () => {
    const { model, requests } = fake();
    const texts = ["a", "bb", "a", "ccc", "dddd", "bb", "e"];
    const batch = await model.getTextEmbeddingBatch(texts);
    expect(batch.embeddings).toEqual(texts.map(expected));
    expect(requests).toEqual([
      { texts: ["a", "bb", "ccc"], inputType: "document", truncate: false },
      { texts: ["dddd", "e"], inputType: "document", truncate: false },
    ]);
    expect(batch).toMatchObject({
      usage: { inputTokens: 5 },
      model: "lengths-2",
      requestIds: ["request of a", "request of dddd"],
    });
  });

  it("limits the size of each response: as given, or by the size of the embeddings", async () => {
    const limits: (number | undefined)[] = [];
    const embed: NonNullable<Parameters<typeof fake>[0]>["embed"] = async ({ texts }, { maxBytes }) => {
      limits.push(maxBytes);
      return { embeddings: texts.map((_, index) => ({ index, embedding: [1, 2] })) };
    };
    const texts = ["a", "b"];
    await fake({ embed, dimensions: 2 }).model.getTextEmbeddingBatch(texts);
    await fake({ embed, dimensions: 2 }, { maxBytes: 5_000 }).model.getTextEmbeddingBatch(texts);
    // 1 MiB of room, and for each text 1 KiB and 22 bytes for each of at least 1,024 numbers.
    expect(limits).toEqual([1_048_576 + 2 * (1_024 + 22 * 1_024), 5_000]);
    expect(() => fake({}, { maxBytes: 0.5 })).toThrow("maxBytes must be a whole number");
  });

  it("has the declared limits, except for those that are given", async () => {
    const { model, requests } = fake(
      { limits: { inputs: 3, charactersPerInput: 10 } },
      { limits: { inputs: 2, characters: 3, charactersPerInput: undefined } },
    );
    expect(model.limits).toEqual({ inputs: 2, characters: 3, charactersPerInput: 10 });
    await model.getTextEmbeddingBatch(["a", "bb", "ccc"]);
    expect(requests.map(({ texts }) => texts)).toEqual([["a", "bb"], ["ccc"]]);
  });

  it.each([
    [{ inputs: 0 }, new RangeError("limits.inputs must be a whole number from 1, not 0")],
    [{ input: 2 }, new TypeError("there is no option limits.input; did you mean limits.inputs?")],
    [5, new TypeError("limits must be an object, not number 5")],
  ])("cannot have the limits %j", (limits, error) => {
    expect(() => fake({}, { limits: limits as object })).toThrow(error);
  });

  it.each<[object, Error]>([
    [
      { dimensions: 3, capabilities: { dimensions: [2, 4] } },
      new RangeError("dimensions of lengths must be one of 2, 4, not 3"),
    ],
    [
      { dimensions: 3, capabilities: { dimensions: [2] } },
      new RangeError("dimensions of lengths must be 2, not 3"),
    ],
    [
      { dimensions: 0.5, capabilities: {} },
      new RangeError("dimensions must be a whole number from 1, not 0.5"),
    ],
    [
      { elementType: "int8", capabilities: { elementTypes: ["float", "binary"] } },
      new TypeError('elementType of lengths must be one of float, binary, not "int8"'),
    ],
    [
      { dimensions: 9, capabilities: { maxDimensions: 8 } },
      new RangeError("dimensions must be at most 8 for lengths, not 9"),
    ],
    [
      { dimensions: 4, capabilities: { dimensions: [2, 4], maxDimensions: 8 } },
      new TypeError(
        "capabilities of lengths have both dimensions (2, 4) and maxDimensions (8): declare the numbers that it can have, " +
          "or the most of a range",
      ),
    ],
    [{ encoding: "base64", capabilities: {} }, new TypeError('encoding must be "json", not "base64"')],
    [
      { encoding: "a-secret-key", capabilities: { wireFormats: ["json", "base64"] } },
      new TypeError('encoding must be "json" or "base64", not "a-secre"'),
    ],
  ])("cannot be declared with what it does not offer: %j", (declared, error) => {
    expect(() => fake({ model: "lengths", ...declared })).toThrow(error);
  });

  it("with settle loses only the text whose embedding has only zeros; with allowZero, none", async () => {
    const embed: NonNullable<Parameters<typeof fake>[0]>["embed"] = async ({ texts }) => ({
      embeddings: texts.map((text, index) => ({ index, embedding: text === "ccc" ? [0, 0] : [1, 2] })),
    });
    const texts = ["a", "bb", "ccc", "dddd"];
    const limits = { inputs: 4 };
    const { embeddings, failed } = await fake({ embed, limits }).model.getTextEmbeddingBatch(texts, {
      settle: true,
    });
    expect(embeddings.map((embedding) => embedding?.length)).toEqual([2, 2, undefined, 2]);
    expect(failed).toMatchObject([
      { index: 2, error: { message: expect.stringContaining("texts[2] has only zeros") as string } },
    ]);
    const { model } = fake({ embed, limits }, { allowZero: true });
    expect((await model.getTextEmbeddingBatch(texts)).embeddings[2]).toEqual(Float32Array.of(0, 0));
  });

  it("gives parts of the memory of a response, or with ownMemory copies of them", async () => {
    const embed: NonNullable<Parameters<typeof fake>[0]>["embed"] = async ({ texts }) => {
      const block = Float32Array.from({ length: 2 * texts.length }, (_, at) => at + 1);
      return {
        embeddings: texts.map((_text, index) => ({
          index,
          embedding: new DataView(block.buffer, 8 * index, 8),
        })),
      };
    };
    const sizes: number[][] = [];
    for (const ownMemory of [false, true]) {
      // oxlint-disable-next-line no-await-in-loop -- two models
      const { embeddings } = await fake({ embed }, { ownMemory }).model.getTextEmbeddingBatch(["a", "bb"]);
      expect(embeddings).toEqual([Float32Array.of(1, 2), Float32Array.of(3, 4)]);
      sizes.push(embeddings.map(({ buffer }) => buffer.byteLength));
    }
    expect(sizes).toEqual([
      [16, 16],
      [8, 8],
    ]);
  });

  it("distinguishes texts from queries", async () => {
    const { model, requests } = fake();
    expect(await model.getTextEmbedding("text")).toEqual(expected("text"));
    expect(await model.getQueryEmbedding("query")).toEqual(expected("query"));
    expect(requests.map(({ inputType }) => inputType)).toEqual(["document", "query"]);
  });

  it("does nothing for no texts: no request, no event", async () => {
    const { model, requests } = fake();
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const batch = await model.getTextEmbeddingBatch([], { callbackManager });
    expect(batch).toEqual({
      embeddings: [],
      usage: undefined,
      model: undefined,
      requestIds: [],
      truncated: [],
    });
    expect([requests, debug.getEvents()]).toEqual([[], []]);
  });

  it("sends at most `workers` requests at once", async () => {
    let running = 0;
    let most = 0;
    const { model } = fake({
      limits: { inputs: 1 },
      embed: async () => {
        most = Math.max(most, ++running);
        await turn();
        running--;
        return { embeddings: [{ index: 0, embedding: [1, 2] }] };
      },
    });
    const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`);
    await model.getTextEmbeddingBatch(texts, { workers: 3 });
    expect(most).toBe(3);
  });

  it("emits events for the call, its jobs and each request, with usage and without texts", async () => {
    const { model } = fake();
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    await model.getTextEmbeddingBatch(["secret a", "b", "c", "d"], { callbackManager });
    const ends = debug.getEventPairs().map(([, end]) => end);
    const placed = ends.map(({ type, parentId }) => [type, ends.find(({ id }) => id === parentId)?.type]);
    expect(placed.map(String).toSorted()).toEqual([
      "async_job,embed_texts",
      "async_job,embed_texts",
      "embed_texts,",
      "embedding,async_job",
      "embedding,async_job",
    ]);
    const call = ends.find(({ type }) => type === "embed_texts");
    const first = ends.find(({ type }) => type === "embedding");
    const facts = { provider: "fake", model: "lengths", inputType: "document" };
    expect(call!.payload).toEqual({ ...facts, count: 4 });
    expect(call!.endPayload).toMatchObject({
      count: 4,
      dimensions: 2,
      requests: 2,
      usage: { inputTokens: 4 },
    });
    expect(first!.payload).toEqual({ ...facts, attempt: 1, count: 3, characters: 10 });
    expect(first!.endPayload).toEqual({
      count: 3,
      dimensions: 2,
      usage: { inputTokens: 3 },
      requestId: "request of secret a",
      model: "lengths-2",
    });
  });

  it("reports the format that it requests vectors in, if it requests one", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const capabilities = { wireFormats: ["json", "base64"] as const };
    for (const encoding of ["base64", "json"] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await fake({ encoding, capabilities }).model.getTextEmbedding("a", { callbackManager });
    }
    const starts = debug.getEventPairs("embedding").map(([start]) => start.payload.encodingFormat);
    expect(starts).toEqual(["base64", undefined]);
  });

  it("reports no usage if a request reported none", async () => {
    let asked = 0;
    const { model } = fake({
      limits: { inputs: 1 },
      embed: async () => ({
        embeddings: [{ index: 0, embedding: [1, 2] }],
        usage: ++asked === 1 ? { inputTokens: 5 } : undefined,
      }),
    });
    expect((await model.getTextEmbeddingBatch(["a", "b"])).usage).toBeUndefined();
  });

  it("fails with the embeddings so far and the failed texts, and aborts the other requests", async () => {
    const aborted = vi.fn();
    const { model } = fake({
      limits: { inputs: 1 },
      embed: ({ texts }, { signal }) =>
        texts[0] === "bad"
          ? Promise.reject(Object.assign(new Error("no such text"), { retryable: false }))
          : new Promise((_resolve, reject) => {
              signal.addEventListener("abort", () => {
                aborted();
                reject(signal.reason);
              });
            }),
    });
    const error = await failureOf(model.getTextEmbeddingBatch(["a", "b", "bad", "c"]));
    expect(aborted).toHaveBeenCalledTimes(3);
    expect(error).toBeInstanceOf(EmbeddingBatchError);
    expect(error).toMatchObject({
      message:
        "no such text; 4 of 4 texts have no embedding (see failed; the first to fail was texts[2]); settle: true " +
        "continues after a failure",
      cause: new Error("no such text"),
      failed: [{ index: 0 }, { index: 1 }, { index: 2, error: new Error("no such text") }, { index: 3 }],
      partial: { embeddings: [undefined, undefined, undefined, undefined] },
      retryable: false,
    });
  });

  it.each([
    [
      ["model", "dimensions"],
      "has 1 dimensions, not 2 as fake-2 was to have: set the option model to the one that fake has, or dimensions to 1",
    ],
    [["dimensions"], "has 1 dimensions, not 2 as fake-2 was to have: set the option dimensions to 1"],
    [[], "has 1 dimensions, not 2 as fake-2 was to have"],
  ])("says which of the options %j to set where another model has responded", async (options, message) => {
    const embeddings = [{ index: 0, embedding: [1] }];
    const { model } = fake({ model: "fake-2", dimensions: 2, options, embed: async () => ({ embeddings }) });
    const failure = await failureOf(model.getTextEmbedding("a"));
    expect(String(failure)).toMatch(new RegExp(`${message}(\\)|$)`));
  });

  it("says that dimensions have changed where none were declared", async () => {
    let dimensions = 3;
    const { model } = fake({
      dimensions: undefined,
      embed: async () => ({ embeddings: [{ index: 0, embedding: new Array<number>(dimensions--).fill(1) }] }),
    });
    await model.getTextEmbedding("a");
    expect(String(await failureOf(model.getTextEmbedding("b")))).toContain(
      "the embedding of the text has 2 dimensions, not 3, as earlier embeddings had: the service may have changed its model",
    );
  });

  it("refuses invalid embeddings, and names the text", async () => {
    const embeddings = [{ index: 0, embedding: [1] }];
    const { model } = fake({ embed: async () => ({ embeddings, requestId: "r-7" }) });
    await expect(model.getTextEmbedding("a")).rejects.toMatchObject({
      message: expect.stringContaining("the embedding of the text has 1 dimensions, not 2"),
      requestId: "r-7",
      retryable: false,
    });
  });

  it("refuses a response that is not an object", async () => {
    const { model } = fake({ embed: async () => null as never });
    await expect(model.getTextEmbedding("a")).rejects.toMatchObject({
      name: "EmbeddingResponseError",
      message: expect.stringContaining("its function resolved with null, not with an object"),
      retryable: false,
    });
  });

  it.each([
    [{ baseURL: "http://127.0.0.1" }, "there is no option baseURL; it is called baseUrl"],
    [{ maxRetries: 3 }, "there is no option maxRetries; it is called retry: { attempts }"],
    [
      { callbackManager: new DebugHandler() },
      "callbackManager must be a CallbackManager, not an object (Debug",
    ],
  ])("refuses %o, which would be of no use", (options, message) => {
    expect(() => fake({}, options as never)).toThrow(message);
  });

  it("refuses the same invalid options in each kind of call", async () => {
    const { model, requests } = fake();
    const handler = { callbackManager: new DebugHandler() as never };
    const manager = "wrap a handler in one: new CallbackManager({ handlers: [handler] })";
    await expect(model.getTextEmbedding("a", handler)).rejects.toThrow(manager);
    await expect(model.getTextEmbeddingBatch(["a"], handler)).rejects.toThrow(manager);
    expect(() => model.streamTextEmbeddings(["a"], handler)).toThrow(manager);
    await expect(model.getTextEmbeddingBatch(["a"], { concurrency: 2 } as never)).rejects.toThrow(
      "called workers",
    );
    expect(requests).toEqual([]);
  });

  it("does not print all the texts that failed", async () => {
    const { model } = fake({
      embed: () => Promise.reject(Object.assign(new Error("no"), { retryable: false })),
    });
    const texts = Array.from({ length: 100 }, (_, at) => `${at}`);
    const error = await failureOf(model.getTextEmbeddingBatch(texts));
    expect((error as EmbeddingBatchError).failed).toHaveLength(100);
    expect(inspect(error).split("\n").length).toBeLessThan(40);
  });

  it("refuses texts that cannot be sent before anything is sent", async () => {
    const { model, requests } = fake();
    await expect(model.getTextEmbeddingBatch(["a", ""])).rejects.toThrow("texts[1] is empty");
    expect(requests).toEqual([]);
  });

  it("closes its provider once, and refuses calls after that", async () => {
    const aclose = vi.fn(async () => {});
    const { model } = fake({ aclose });
    await Promise.all([model.aclose(), model[Symbol.asyncDispose]()]);
    expect(aclose).toHaveBeenCalledOnce();
    expect(model.closed).toBe(true);
    await expect(model.getTextEmbedding("a")).rejects.toThrow(
      "the fake embedding model is closed; make a new one",
    );
  });
});
