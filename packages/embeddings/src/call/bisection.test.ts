import { AdaptiveLimiter, Semaphore } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type {
  EmbedBatchOptions,
  EmbeddedText,
  EmbeddingModelOptions,
  EmbeddingProvider,
  EmbedStreamOptions,
  FailedText,
} from "../index.ts";
import { expected, failureOf, fake, turn } from "../testing/lengths-provider.ts";

type Row = EmbeddedText | FailedText;
type Refuse = (texts: readonly string[], attempt: number) => object | undefined;

/** The texts of a refused request, so that a test can tell to which request an error belongs. */
interface Refusal extends Error {
  readonly texts: readonly string[];
}

/** A model whose service refuses some requests, and the requests sent to it. */
function refusing(
  refuse: Refuse,
  more: Partial<EmbeddingProvider> = {},
  options: EmbeddingModelOptions = {},
) {
  const sent: (readonly string[])[] = [];
  const { model } = fake(
    {
      limits: { inputs: 2048 },
      embed: async ({ texts }, { attempt }) => {
        sent.push(texts);
        await turn();
        const refusal = refuse(texts, attempt);
        if (refusal !== undefined) throw Object.assign(new Error("refused"), { texts, ...refusal });
        return {
          embeddings: texts.map((text, index) => ({ index, embedding: expected(text) })),
          usage: { inputTokens: texts.length },
        };
      },
      ...more,
    },
    options,
  );
  return { model, sent };
}

const bad400: Refuse = (texts) =>
  texts.some((text) => text.startsWith("bad")) ? { status: 400, retryable: false } : undefined;

/** So many texts; those at the given indexes are refused. */
const textsWith = (count: number, ...bad: readonly number[]): string[] =>
  Array.from({ length: count }, (_, at) => `${bad.includes(at) ? "bad" : "good"} ${at}`);

async function rowsOf(
  kind: "batch" | "stream",
  model: ReturnType<typeof refusing>["model"],
  texts: readonly string[],
  options: EmbedBatchOptions & EmbedStreamOptions = {},
): Promise<Row[]> {
  if (kind === "stream")
    return Array.fromAsync(model.streamTextEmbeddings(texts, { ...options, settle: true }));
  const { embeddings, failed } = await model.getTextEmbeddingBatch(texts, { ...options, settle: true });
  const errors = new Map(failed.map(({ index, error }) => [index, error]));
  return texts.map((text, index) => {
    const embedding = embeddings[index];
    return embedding ? { index, text, embedding } : { index, text, error: errors.get(index) };
  });
}

function expectOnlyBadFailed(rows: readonly Row[], texts: readonly string[]): void {
  expect(rows.map(({ index, text }) => [index, text])).toEqual([...texts.entries()]);
  for (const { text, embedding, error } of rows) {
    if (text.startsWith("bad")) expect((error as Refusal).texts).toEqual([text]);
    else expect(embedding).toEqual(expected(text));
  }
}

const failedOf = (rows: readonly Row[]): number[] =>
  rows.filter(({ embedding }) => embedding === undefined).map(({ index }) => index);

describe.each(["batch", "stream"] as const)("a %s with settle", (kind) => {
  it("embeds all texts of a request but the refused one, in at most 2·log₂(n) more requests", async () => {
    for (const place of [0, 1000, 2047]) {
      const { model, sent } = refusing(bad400);
      const texts = textsWith(2048, place);
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expectOnlyBadFailed(await rowsOf(kind, model, texts), texts);
      // The whole request, and eleven times two halves: 1024 and 1024, 512 and 512, … 1 and 1.
      expect(sent.length).toBe(1 + 22);
    }
  });

  it("isolates any few refused texts, in any requests, with any number of workers", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          inputs: fc.integer({ min: 1, max: 70 }),
          count: fc.integer({ min: 1, max: 200 }),
          bad: fc.uniqueArray(fc.nat(199), { maxLength: 5 }),
          workers: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
          of: fc.constantFrom("number", "semaphore", "adaptive", "call"),
          attempts: fc.integer({ min: 1, max: 2 }),
          status: fc.constantFrom(400, 500),
        }),
        async ({ inputs, count, bad, workers = 4, of, attempts, status }) => {
          const options: EmbeddingModelOptions = {
            retry: { attempts, delay: 0 },
            ...(of === "number" && { workers }),
            ...(of === "semaphore" && { workers: new Semaphore(workers) }),
            ...(of === "adaptive" && { workers: new AdaptiveLimiter({ initial: workers }) }),
          };
          const refuse: Refuse = (texts) => bad400(texts, 1) && { status, retryable: status === 500 };
          const { model, sent } = refusing(refuse, { limits: { inputs } }, options);
          const texts = textsWith(count, ...bad);
          const rows = await rowsOf(kind, model, texts, of === "call" ? { workers } : {});
          expectOnlyBadFailed(rows, texts);
          const planned = Math.ceil(count / inputs);
          const found = bad.filter((place) => place < count).length;
          const requests = new Set(sent.map((each) => each.join("\n"))).size;
          expect(requests - planned).toBeLessThanOrEqual(2 * found * Math.ceil(Math.log2(inputs)));
          // One more attempt for each request that fails.
          const failures = sent.filter((each) => bad400(each, 1)).length;
          expect(failures % (status === 500 ? attempts : 1)).toBe(0);
          expect(requests).toBe(sent.length - (status === 500 ? failures - failures / attempts : 0));
        },
      ),
      { numRuns: 150 },
    );
  });

  it("isolates them if every third text is refused", async () => {
    const { model } = refusing(bad400);
    const texts = textsWith(2048, ...Array.from({ length: 683 }, (_, at) => 3 * at));
    const rows = await rowsOf(kind, model, texts);
    expectOnlyBadFailed(rows, texts);
    expect(failedOf(rows)).toHaveLength(683);
  });

  it("helps if a request was too large and all texts are valid", async () => {
    const { model, sent } = refusing((texts) =>
      texts.length > 20 ? { status: 413, retryable: false } : undefined,
    );
    const texts = textsWith(64);
    expectOnlyBadFailed(await rowsOf(kind, model, texts), texts);
    expect(sent.map(({ length }) => length).toSorted((a, b) => b - a)).toEqual([64, 32, 32, 16, 16, 16, 16]);
  });

  it("stops if every request fails, and resumes after a success", async () => {
    let isDown = true;
    const { model, sent } = refusing(
      (texts) => (isDown ? { status: 500, retryable: false } : bad400(texts, 1)),
      { limits: { inputs: 64 } },
      { workers: 16 },
    );
    const texts = textsWith(640);
    const rows = await rowsOf(kind, model, texts);
    expect(failedOf(rows)).toEqual([...texts.keys()]);
    // Ten requests, and parts until 20 have failed.
    expect(sent.length).toBe(10 + 20);
    isDown = false;
    const again = textsWith(640, 100);
    expectOnlyBadFailed(await rowsOf(kind, model, again), again);
  });

  it.each([
    [{ status: 401, retryable: false }],
    [{ status: 404, retryable: false }],
    [{ status: 429, retryable: false }],
    [{ status: 503, retryable: false, refused: true }],
    [{ status: 504, retryable: false }],
    [{ retryable: false }],
  ])("halves no request that fails with %j", async (refusal) => {
    const { model, sent } = refusing(() => refusal);
    expect(failedOf(await rowsOf(kind, model, textsWith(4)))).toEqual([0, 1, 2, 3]);
    expect(sent.length).toBe(1);
  });

  it("halves no request with bisect: false, and none before its attempts are used up", async () => {
    const { model, sent } = refusing(bad400);
    expect(failedOf(await rowsOf(kind, model, textsWith(4, 2), { bisect: false }))).toEqual([0, 1, 2, 3]);
    expect(sent.length).toBe(1);
    const passing = refusing(
      (_texts, attempt) => (attempt < 3 ? { status: 500 } : undefined),
      {},
      {
        retry: { delay: 0 },
      },
    );
    expect(failedOf(await rowsOf(kind, passing.model, textsWith(4)))).toEqual([]);
    expect(passing.sent.map(({ length }) => length)).toEqual([4, 4, 4]);
  });

  it("caches the embeddings of parts, and sends only the refused text the next time", async () => {
    const { model, sent } = refusing(bad400, {}, { cache: true });
    const texts = textsWith(64, 40);
    await rowsOf(kind, model, texts);
    sent.length = 0;
    expectOnlyBadFailed(await rowsOf(kind, model, texts), texts);
    expect(sent).toEqual([["bad 40"]]);
  });

  it("has a job for each part within its event, and sums up their usage", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const { model } = refusing(bad400);
    const texts = [...textsWith(4, 2), "bad 2", "good 0"];
    await rowsOf(kind, model, texts, { callbackManager });
    const ends = debug.getEventPairs().map(([, end]) => end);
    const call = ends.find(({ type }) => type === "embed_texts")!;
    // Of five requests, of 4, 2, 2, 1 and 1 texts, two have failed.
    const jobs = ends.filter(({ type }) => type === "async_job");
    expect(jobs.map(({ parentId }) => parentId)).toEqual(new Array(5).fill(call.id));
    expect(jobs.map(({ status }) => status).toSorted()).toEqual(["error", "error", "error", "ok", "ok"]);
    expect(ends.filter(({ type }) => type === "embedding")).toHaveLength(5);
    expect(call.status).toBe("ok");
    expect(call.endPayload).toMatchObject({ requests: 2, usage: { inputTokens: 3 } });
  });

  it("can be stopped between its parts", async () => {
    const stop = new AbortController();
    const reason = new Error("no longer wanted");
    const { model, sent } = refusing((texts) => {
      if (texts.length === 256) stop.abort(reason);
      return bad400(texts, 1);
    });
    const texts = textsWith(2048, 7);
    const rows = rowsOf(kind, model, texts, { signal: stop.signal });
    if (kind === "stream") expect(await failureOf(rows)).toBe(reason);
    else expect((await rows)[7]!.error).toBe(reason);
    const before = sent.length;
    await turn();
    expect(sent.length).toBe(before);
    expect(sent.every(({ length }) => length >= 256)).toBe(true);
  });

  it("runs parts on the workers that all its requests share", async () => {
    let [running, most] = [0, 0];
    const { model } = fake({
      limits: { inputs: 8 },
      embed: async ({ texts }) => {
        most = Math.max(most, ++running);
        await turn();
        running--;
        if (bad400(texts, 1)) throw Object.assign(new Error("refused"), { status: 400, retryable: false });
        return { embeddings: texts.map((text, index) => ({ index, embedding: expected(text) })) };
      },
    });
    const texts = textsWith(160, 5, 13, 21, 29, 100);
    const rows = await rowsOf(kind, model, texts, { workers: 2 });
    expect(failedOf(rows)).toEqual([5, 13, 21, 29, 100]);
    expect(most).toBe(2);
  });
});

describe("a batch", () => {
  it("fails at the first refusal without settle, and halves nothing", async () => {
    const { model, sent } = refusing(bad400);
    await failureOf(model.getTextEmbeddingBatch(textsWith(64, 3)));
    expect(sent.length).toBe(1);
  });

  it("keeps the embeddings of parts when its time is over", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    try {
      const { model } = fake({
        limits: { inputs: 8 },
        embed: async ({ texts }, { signal }) => {
          await turn();
          if (texts.length === 2) {
            return new Promise((_resolve, reject) =>
              signal.addEventListener("abort", () => reject(signal.reason)),
            );
          }
          if (bad400(texts, 1)) throw Object.assign(new Error("refused"), { status: 400, retryable: false });
          return { embeddings: texts.map((text, index) => ({ index, embedding: expected(text) })) };
        },
      });
      const batch = model.getTextEmbeddingBatch(textsWith(8, 0), { settle: true, totalTimeout: 1000 });
      for (let i = 0; i < 50; i++) {
        // oxlint-disable-next-line no-await-in-loop -- lets everything pending continue
        await turn();
      }
      await vi.advanceTimersByTimeAsync(1000);
      const { embeddings, failed } = await batch;
      expect(embeddings.slice(4)).toEqual(textsWith(8).slice(4).map(expected));
      expect(failed.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a stream", () => {
  it("pulls no more texts than there is room for while parts are sent", async () => {
    let pulled = 0;
    const source = function* (): Generator<string> {
      for (;;) yield `${pulled++ === 3 ? "bad" : "good"} ${pulled}`;
    };
    const { model } = refusing(bad400, { limits: { inputs: 64 } });
    const stream = model.streamTextEmbeddings(source(), { settle: true, workers: 2, buffer: 1 });
    for (let index = 0; index < 64; index++) {
      // oxlint-disable-next-line no-await-in-loop
      const { value } = await stream.next();
      expect((value as Row).index).toBe(index);
    }
    // One was taken, two are in flight, one waits, and one is being filled.
    expect(pulled).toBeLessThanOrEqual(5 * 64);
    await stream.return();
  });
});

describe("a stream whose request is refused because of a text", () => {
  it("yields the texts before it as soon as they have embeddings", async () => {
    const { promise: until, resolve: answer } = Promise.withResolvers<void>();
    const sent: number[] = [];
    const { model } = fake({
      limits: { inputs: 8 },
      embed: async ({ texts }) => {
        sent.push(texts.length);
        if (texts.length < 4 && texts.includes("good 7")) await until;
        if (bad400(texts, 1)) throw Object.assign(new Error("refused"), { texts, ...bad400(texts, 1) });
        return { embeddings: texts.map((text, index) => ({ index, embedding: expected(text) })) };
      },
    });
    const texts = [...textsWith(7, 5), "good 0", "good 7"];
    const rows = model.streamTextEmbeddings(texts, { settle: true });
    const read = async (count: number): Promise<Row[]> => {
      const all: Row[] = [];
      for (let i = 0; i < count; i++) {
        // oxlint-disable-next-line no-await-in-loop -- a stream
        const { value } = await rows.next();
        all.push(value!);
      }
      return all;
    };
    const first = await read(5);
    expect(first.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect(sent).toEqual([8, 4, 4, 2, 2, 1, 1]);
    answer();
    const others = await read(4);
    expectOnlyBadFailed([...first, ...others], texts);
    expect((await rows.next()).done).toBe(true);
    // Equal texts have vectors of their own.
    const [equal, firstOfEqual] = [others.at(-2)!.embedding, first[0]!.embedding];
    expect(equal).toEqual(firstOfEqual);
    expect(equal).not.toBe(firstOfEqual);
  });
});

describe("a batch that is aborted", () => {
  const abort = (settle: boolean) => {
    const stop = new AbortController();
    const reason = new Error("no longer wanted");
    const { model } = fake({
      limits: { inputs: 2 },
      embed: async ({ texts }, { signal }) => {
        if (texts.includes("good 4")) {
          stop.abort(reason);
          signal.throwIfAborted();
        }
        return { embeddings: texts.map((text, index) => ({ index, embedding: expected(text) })) };
      },
    });
    const texts = textsWith(8);
    const call = model.getTextEmbeddingBatch(texts, {
      settle: settle as true,
      signal: stop.signal,
      workers: 1,
    });
    return { call, texts, reason };
  };

  it("returns what it has with settle, and the reason for the others", async () => {
    const { call, texts, reason } = abort(true);
    const { embeddings, failed } = await call;
    expect(embeddings).toEqual(texts.map((text, index) => (index < 4 ? expected(text) : undefined)));
    expect(failed).toEqual([4, 5, 6, 7].map((index) => ({ index, error: reason })));
  });

  it("has the reason for texts whose request would have been sent again, and their error where it would not", async () => {
    const stop = new AbortController();
    const reason = new Error("no longer wanted");
    const lasting = Object.assign(new Error("no such model"), { status: 404, retryable: false });
    const { model } = fake({
      limits: { inputs: 2 },
      embed: async ({ texts }) => {
        if (texts.includes("good 0")) throw lasting;
        // While the request waits for its next attempt.
        setImmediate(() => stop.abort(reason));
        throw Object.assign(new Error("too many requests"), { status: 429, retryable: true });
      },
    });
    const call = model.getTextEmbeddingBatch(textsWith(4), { settle: true, signal: stop.signal, workers: 1 });
    const { failed } = await call;
    expect(failed.map(({ error }) => error)).toEqual([lasting, lasting, reason, reason]);
  });

  it("rejects with the reason without settle", async () => {
    const { call, reason } = abort(false);
    expect(await failureOf(call)).toBe(reason);
  });

  it("does the same if it was aborted before the call, and sends nothing", async () => {
    const { model, requests } = fake({}, { cache: true });
    const reason = new Error("no longer wanted");
    const signal = AbortSignal.abort(reason);
    expect(await failureOf(model.getTextEmbeddingBatch(["a"], { signal }))).toBe(reason);
    expect(await model.getTextEmbeddingBatch(["a", " "], { signal, settle: true })).toMatchObject({
      embeddings: [undefined, undefined],
      failed: [
        { index: 0, error: reason },
        { index: 1, error: { name: "RangeError" } },
      ],
    });
    expect(requests).toEqual([]);
  });
});

describe("the option bisect", () => {
  it("must be a boolean, and needs settle", async () => {
    const { model } = fake();
    const wrong = { settle: true, bisect: "yes" } as never;
    await expect(model.getTextEmbeddingBatch(["a"], wrong)).rejects.toThrow(
      new TypeError('bisect must be true or false, not the string "yes"'),
    );
    expect(() => model.streamTextEmbeddings(["a"], { bisect: true })).toThrow(
      new TypeError("bisect needs settle: true, as the first failure ends the call"),
    );
    expect(await model.getTextEmbeddingBatch(["a"], { bisect: false })).toMatchObject({
      embeddings: [expected("a")],
    });
  });
});
