import { Buffer } from "node:buffer";
import { inspect } from "node:util";
import type { BatchInput, BatchResult, EmbeddingBatchService } from "@llx/embeddings/batch";
import {
  type BatchServer,
  fakeVector,
  registerBatchConformance,
  startBatchServer,
} from "@llx/embeddings/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openaiBatches, type OpenaiBatchesOptions } from "./batch.ts";
import { openaiEmbedding } from "./index.ts";
import { fakeOpenaiBatches, type FakeOpenaiBatchesOptions } from "./testing.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

let server: BatchServer;
let batches: EmbeddingBatchService;

async function start(
  fake: FakeOpenaiBatchesOptions = {},
  options: OpenaiBatchesOptions = {},
  times: Parameters<typeof startBatchServer>[1] = {},
): Promise<void> {
  await stop();
  const service = fakeOpenaiBatches({ dimensions: 8, ...fake });
  server = await startBatchServer(service, times);
  batches = openaiBatches({
    apiKey: service.live.apiKey,
    baseUrl: `${server.url}/v1`,
    provider: "OpenAI",
    encoding: "base64",
    retry: { delay: 0 },
    ...options,
  });
}

async function stop(): Promise<void> {
  await batches?.aclose();
  await server?.aclose();
}

beforeEach(() => start());
afterEach(stop);

function inputOf(name: string, texts: readonly string[], more = ""): BatchInput {
  const content = Buffer.from(
    texts.map((text, at) => batches.line(`t-${at}`, text, "document")).join("") + more,
  );
  return {
    name,
    texts: texts.length,
    bytes: content.length,
    async *open() {
      for (let at = 0; at < content.length; at += 50) yield content.subarray(at, at + 50);
    },
  };
}

async function resultsOf(batch: string): Promise<BatchResult[]> {
  const found = await Array.fromAsync(batches.results(batch));
  return found.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

describe("a batch of OpenAI", () => {
  it("is embedded step by step, as the clock moves", async () => {
    const batch = await batches.submit(inputOf("run-1", ["one", "two", "three"]));
    const none = { done: 0, failed: 0, message: undefined, hasResults: false };
    expect(await batches.status(batch)).toEqual({ ...none, state: "validating" });
    server.advance(minute);
    expect(await batches.status(batch)).toEqual({ ...none, state: "running" });
    server.advance(2);
    expect(await batches.status(batch)).toEqual({ ...none, done: 2, state: "running" });
    server.advance(1);
    expect(await batches.status(batch)).toEqual({ ...none, done: 3, state: "finalizing" });
    server.advance(minute);
    expect(await batches.status(batch)).toEqual({ ...none, done: 3, state: "done", hasResults: true });
    const found = await Array.fromAsync(batches.results(batch));
    expect(found).toEqual(
      [
        ["t-2", "three", 2],
        ["t-1", "two", 1],
        ["t-0", "one", 1],
      ].map(([id, text, tokens]) => ({
        id,
        embedding: fakeVector(text as string, 8),
        usage: { inputTokens: tokens, totalTokens: tokens },
      })),
    );
  });

  it("is submitted once: a second attempt finds it, or its file", async () => {
    const input = inputOf("run-1", ["one"]);
    const first = await batches.submit(input);
    expect(await batches.submit(input)).toBe(first);
    expect(await batches.find("run-1")).toBe(first);
    expect(await batches.find("run-2")).toBeUndefined();
    // The process ends between the upload and the batch.
    server.plan("create", { kind: "status", status: 400 });
    expect(await failure(batches.submit(inputOf("run-2", ["two"])))).toMatchObject({ status: 400 });
    expect(server.counts.orphans).toEqual(["run-2.jsonl"]);
    await batches.submit(inputOf("run-2", ["two"]));
    expect(server.counts).toMatchObject({
      uploads: { "run-1.jsonl": 1, "run-2.jsonl": 1 },
      batches: { "run-1": 1, "run-2": 1 },
      orphans: [],
    });
  });

  it.each(["upload", "create"] as const)(
    "is made once if the response to its %s is lost",
    async (operation) => {
      server.plan(operation, { kind: "lost" });
      await batches.submit(inputOf("run-1", ["one"]), { checked: false });
      expect(server.counts).toMatchObject({
        uploads: { "run-1.jsonl": 1 },
        batches: { "run-1": 1 },
        requests: { [operation]: 1 },
      });
    },
  );

  it("is found behind others, page by page", async () => {
    const service = fakeOpenaiBatches({ dimensions: 8 });
    for (let at = 0; at < 101; at++) {
      // oxlint-disable-next-line no-await-in-loop -- in order
      await batches.submit(inputOf(`run-${at}`, ["one"]), { checked: false });
    }
    expect(service.window).toBe(day);
    const finds = server.counts.requests.find ?? 0;
    expect(await batches.find("run-0")).toMatch(/^batch_/);
    expect(server.counts.requests.find).toBe(finds + 2);
  });

  it("that expires has the results so far, and errors that may be sent again", async () => {
    await start({}, {}, { textsPerSecond: 1 / 3_600 });
    const batch = await batches.submit(
      inputOf(
        "run-1",
        Array.from({ length: 30 }, (_, at) => `text ${at}`),
      ),
    );
    server.advance(day);
    expect(await batches.status(batch)).toMatchObject({ state: "expired", done: 23, failed: 0 });
    const found = await resultsOf(batch);
    expect(found.filter(({ embedding }) => embedding !== undefined)).toHaveLength(23);
    const errors = found.flatMap(({ error }) => (error === undefined ? [] : [error]));
    expect(errors).toHaveLength(7);
    expect(errors[0]).toMatchObject({ name: "BatchTextError", code: "batch_expired", retryable: true });
    expect(errors[0]!.message).toBe(
      "OpenAI did not embed the text t-23 (batch_expired): This request could not be executed before the completion " +
        "window expired.",
    );
  });

  it("has the texts that were refused, and all others", async () => {
    server.hooks = {
      refuse: (text) =>
        text === "two"
          ? { status: 400, body: { error: { message: "no 'two of these' please", code: "bad" } } }
          : undefined,
    };
    const batch = await batches.submit(inputOf("run-1", ["one", "two", "three"]));
    server.advance(day);
    expect(await batches.status(batch)).toMatchObject({ state: "done", done: 2, failed: 1 });
    const [one, two, three] = await resultsOf(batch);
    expect([one!.embedding, three!.embedding]).toEqual([fakeVector("one", 8), fakeVector("three", 8)]);
    expect(two!.error).toMatchObject({ status: 400, code: "bad", retryable: false });
    expect(two!.error!.message).toBe("OpenAI did not embed the text t-1 (400, bad): no […] please");
  });

  it("fails as a whole with the line that is wrong", async () => {
    const batch = await batches.submit(inputOf("run-1", ["one"], "no json\n"));
    server.advance(day);
    expect(await batches.status(batch)).toEqual({
      state: "failed",
      retryable: false,
      done: 0,
      failed: 0,
      message: "invalid_json_line: This line is not parseable as valid JSON. (line 2)",
      isQueueFull: false,
      hasResults: false,
    });
    expect(await resultsOf(batch)).toEqual([]);
  });

  it("fails where too many tokens wait", async () => {
    await start({ enqueuedTokens: 3 });
    const first = await batches.submit(inputOf("run-1", ["12345678"]));
    const second = await batches.submit(inputOf("run-2", ["12345678"]));
    server.advance(day);
    expect(await batches.status(first)).toMatchObject({ state: "done" });
    expect(await batches.status(second)).toMatchObject({
      message:
        "token_limit_exceeded: Enqueued token limit reached for text-embedding-3-small in organization org-fake. Limit: 3 " +
        "enqueued tokens. Please try again once some in_progress batches have been completed.",
      retryable: undefined,
      isQueueFull: true,
    });
  });

  it("is cancelled, and keeps what was embedded; one that has ended is left as it is", async () => {
    const texts = Array.from({ length: 10 }, (_, at) => `text ${at}`);
    const batch = await batches.submit(inputOf("run-1", texts));
    server.advance(minute + 4);
    await batches.cancel(batch);
    expect(await batches.status(batch)).toMatchObject({ state: "cancelling", done: 4 });
    await batches.cancel(batch);
    server.advance(minute);
    expect(await batches.status(batch)).toMatchObject({ state: "cancelled", done: 4, hasResults: true });
    await batches.cancel(batch);
    expect((await resultsOf(batch)).map(({ id }) => id)).toEqual(["t-0", "t-1", "t-2", "t-3"]);
  });

  it("is removed with its files, also twice", async () => {
    const batch = await batches.submit(inputOf("run-1", ["one"]));
    server.advance(day);
    expect(server.counts.files).toBe(2);
    await batches.remove(batch);
    expect(server.counts.files).toBe(0);
    await batches.remove(batch);
    const error = await failure(resultsOf(batch));
    expect(error).toMatchObject({ name: "BatchError", code: "results_gone", batch });
    expect((error as Error).message).toBe(
      `OpenAI has deleted the results of the batch ${batch} (any more); send its texts again in another one`,
    );
  });

  it("that the service does not know is one clear error", async () => {
    for (const call of [
      batches.status("batch_x"),
      batches.cancel("batch_x"),
      batches.remove("batch_x"),
      resultsOf("batch_x"),
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect(await failure(call)).toMatchObject({
        name: "BatchError",
        code: "unknown_batch",
        retryable: false,
        message: "OpenAI does not know the batch batch_x (any more); send its texts again in another one",
      });
    }
  });

  it("within limits only", async () => {
    expect(batches.batchLimits).toEqual({ inputs: 50_000, bytes: 200_000_000, window: day });
    await start({ inputs: 1 }, { batchLimits: { inputs: 2 } });
    const input = inputOf("run-1", ["one", "two"]);
    await expect(batches.submit({ ...input, texts: 3 })).rejects.toThrow(
      new RangeError("the input run-1 has 3 texts, and a batch takes at most 2; cut it into several"),
    );
    expect(server.counts.requests).toEqual({});
    const batch = await batches.submit(input);
    server.advance(day);
    expect(await batches.status(batch)).toMatchObject({
      message: "too_many_tasks: The batch has more than 1 requests.",
      retryable: false,
    });
  });

  it("has no limits above those of the service, whereas another server may have its own", () => {
    const open = (baseUrl: string | undefined, inputs: number) =>
      openaiBatches({ apiKey: "k", baseUrl, batchLimits: { inputs } }).batchLimits.inputs;
    expect(() => open(undefined, 60_000)).toThrow("batchLimits.inputs must be 50,000 at most");
    expect([open(undefined, 50_000), open("http://localhost:8000/v1", 60_000)]).toEqual([50_000, 60_000]);
  });

  it("has lines as the API reads them", () => {
    expect(batches.line("t-1", 'a "text"\n', "query")).toBe(
      '{"custom_id":"t-1","method":"POST","url":"/v1/embeddings","body":{"model":"text-embedding-3-small",' +
        '"input":"a \\"text\\"\\n","encoding_format":"base64"}}\n',
    );
    expect(() => batches.line("t 1", "a", "query")).toThrow(TypeError);
    expect(() => batches.line("t-1", " ", "query")).toThrow(
      new RangeError("the text t-1 is empty or only white space; omit it"),
    );
    expect(() => batches.line("t-1", "a", "clustering")).toThrow("OpenAI has no input type");
  });

  it("shares its cache with the live model, in both directions", async () => {
    const store = new Map<string, unknown>();
    const cache = batches.openCache(store, "document");
    const live = openaiEmbedding({
      apiKey: "fake-key-of-openai",
      baseUrl: `${server.url}/v1`,
      provider: "OpenAI",
      cache: store,
    });
    await cache.write([{ text: "one", embedding: fakeVector("one", 8) }]);
    const { embeddings } = await live.getTextEmbeddingBatch(["one", "two"]);
    await live.aclose();
    expect(embeddings).toEqual([fakeVector("one", 8), fakeVector("two", 8)]);
    expect(server.counts.requests.embed).toBe(1);
    expect(await cache.read(["two", "three", "one"])).toEqual([
      fakeVector("two", 8),
      undefined,
      fakeVector("one", 8),
    ]);
    expect(await batches.openCache(store, "query").read(["one"])).toEqual([undefined]);
  });

  it("shows no key, whatever the service says", async () => {
    const key = "fake-key-of-openai";
    server.plan("status", {
      kind: "body",
      body: {
        id: "batch_1",
        status: "failed",
        errors: { data: [{ code: "c", message: `key (${key}) is bad` }] },
      },
    });
    // Of a code that is not known, nobody knows.
    expect(await batches.status("batch_1")).toMatchObject({
      message: "c: key ([redacted]) is bad",
      retryable: undefined,
    });
    server.plan("status", { kind: "status", status: 400, message: `key (${key}) is bad` });
    const error = await failure(batches.status("batch_1"));
    expect(inspect(error)).not.toContain(key);
    expect(inspect(batches, { depth: 9 })).not.toContain(key);
  });

  it("asks for a token with each request, if the key is a function", async () => {
    let asked = 0;
    await start({}, { apiKey: () => (asked++, Promise.resolve("fake-key-of-openai")) });
    const batch = await batches.submit(inputOf("run-1", ["one"]));
    server.advance(day);
    expect(await resultsOf(batch)).toHaveLength(1);
    const { find, findInput, upload, create, status, results } = server.counts.requests;
    expect([find, findInput, upload, create, status, results]).toEqual([1, 1, 1, 1, 2, 1]);
    expect(asked).toBe(7);
  });

  it("refuses options that it does not have", () => {
    expect(() => openaiBatches({ apiKey: "k", batchLimit: {} } as never)).toThrow(
      "there is no option batchLimit; did you mean batchLimits?",
    );
    expect(() => openaiBatches({ apiKey: "k", cache: true } as never)).toThrow("there is no option cache");
  });
});

registerBatchConformance(
  {
    name: "openaiBatches",
    service: fakeOpenaiBatches({ dimensions: 8 }),
    create: ({ baseUrl, ...options }) => openaiBatches({ ...options, baseUrl: `${baseUrl}/v1` }),
  },
  { describe, it: it.concurrent },
);

registerBatchConformance(
  {
    name: "openaiBatches with base64 and known dimensions",
    service: fakeOpenaiBatches({ dimensions: 1536 }),
    create: ({ baseUrl, ...options }) =>
      openaiBatches({ ...options, baseUrl: `${baseUrl}/v1`, encoding: "base64", dimensions: 16 }),
  },
  { describe, it: it.concurrent },
);

it("says what is usually wrong where there are no files", async () => {
  await using versionless = openaiBatches({
    apiKey: fakeOpenaiBatches().live.apiKey,
    baseUrl: server.url,
    retry: { attempts: 1 },
  });
  await expect(versionless.submit(inputOf("llx-1", ["a"]), {})).rejects.toThrow(
    "; the address has no version: where the embeddings are at /v1/embeddings, baseUrl must end with /v1",
  );
});
