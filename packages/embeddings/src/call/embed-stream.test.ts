import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { describe, expect, it, vi } from "vitest";
import type { EmbeddedText, FailedText } from "../index.ts";
import { expected, failureOf, fake, turn } from "../testing/lengths-provider.ts";

type Row = EmbeddedText | FailedText;

async function read(stream: AsyncIterable<Row>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of stream) rows.push(row);
  return rows;
}

const row = (text: string, index: number): Row => ({ index, text, embedding: expected(text) });

async function* slowly(texts: readonly string[]): AsyncGenerator<string> {
  for (const text of texts) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await turn();
    yield text;
  }
}

describe("a stream of embeddings", () => {
  const texts = ["a", "bb", "a", "ccc", "dddd", "bb", "e"];

  it.each([
    ["an array", () => texts],
    ["a generator", () => texts.values()],
    ["an async generator", () => slowly(texts)],
  ])("of %s has a row for each text, in order, equal texts of a request sent once", async (_kind, source) => {
    const { model, requests } = fake();
    const rows = await read(model.streamTextEmbeddings(source()));
    expect(rows).toEqual(texts.map(row));
    // Three texts fit into a request.
    expect(requests.map((request) => request.texts)).toEqual([
      ["a", "bb", "ccc"],
      ["dddd", "bb", "e"],
    ]);
  });

  it("gives each of several equal texts its own vector", async () => {
    const { model } = fake();
    const [first, second] = await read(model.streamTextEmbeddings(["same", "same"]));
    first!.embedding!.fill(9);
    expect(second!.embedding).toEqual(expected("same"));
  });

  it("starts nothing before it is read", async () => {
    const { model, requests } = fake();
    const pulled = vi.fn(function* () {
      yield "a";
    });
    const stream = model.streamTextEmbeddings(pulled());
    await turn();
    expect(requests).toEqual([]);
    await stream.return();
    expect(requests).toEqual([]);
  });

  it("pulls no more texts than there is room for", async () => {
    const { model } = fake();
    let pulled = 0;
    const endless = function* (): Generator<string> {
      for (;;) yield `text ${pulled++}`;
    };
    const stream = model.streamTextEmbeddings(endless(), { workers: 2, buffer: 3 });
    await stream.next();
    for (let i = 0; i < 50; i++) {
      // oxlint-disable-next-line no-await-in-loop -- lets all go on that can
      await turn();
    }
    // Two in flight and three that wait, of three texts each; the one that was taken; and one text that starts the next.
    expect(pulled).toBeGreaterThan(3);
    expect(pulled).toBeLessThanOrEqual((2 + 3 + 1) * 3 + 1);
    await stream.return();
  });

  it("closes its source and aborts its requests when it is left", async () => {
    const closed = vi.fn();
    const aborted = vi.fn();
    const { model } = fake({
      limits: { inputs: 1 },
      embed: async ({ texts: [text = ""] }, { signal }) => {
        if (text === "first") return { embeddings: [{ index: 0, embedding: expected(text) }] };
        return new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => {
            aborted();
            reject(signal.reason);
          }),
        );
      },
    });
    const source = function* (): Generator<string> {
      try {
        yield "first";
        for (let i = 0; ; i++) yield `text ${i}`;
      } finally {
        closed();
      }
    };
    for await (const { text } of model.streamTextEmbeddings(source(), { workers: 3 })) {
      expect(text).toBe("first");
      break;
    }
    expect(closed).toHaveBeenCalledOnce();
    expect(aborted.mock.calls.length).toBeGreaterThan(0);
  });

  it("yields the rows before a failure, and then throws it as it is", async () => {
    const failure = Object.assign(new Error("refused"), { retryable: false });
    const { model } = fake({
      limits: { inputs: 1 },
      embed: async ({ texts: [text = ""] }) => {
        if (text === "bad") throw failure;
        return { embeddings: [{ index: 0, embedding: expected(text) }] };
      },
    });
    const rows: Row[] = [];
    const reading = async (): Promise<void> => {
      const stream = model.streamTextEmbeddings(["a", "b", "bad", "c"], { workers: 1 });
      for await (const each of stream) rows.push(each);
    };
    expect(await failureOf(reading())).toBe(failure);
    expect(rows).toEqual(["a", "b"].map(row));
  });

  it("continues after failures with settle: true", async () => {
    const failure = Object.assign(new Error("refused"), { retryable: false });
    const { model } = fake({
      limits: { inputs: 2 },
      embed: async ({ texts: sent }) => {
        if (sent.includes("bad")) throw failure;
        return { embeddings: sent.map((text, index) => ({ index, embedding: expected(text) })) };
      },
    });
    const source = ["a", "bb", "bad", " ", "c", "d", "e", ""];
    expect(await read(model.streamTextEmbeddings(source, { settle: true }))).toEqual([
      row("a", 0),
      row("bb", 1),
      { index: 2, text: "bad", error: failure },
      { index: 3, text: " ", error: expect.any(RangeError) },
      { index: 4, text: "c", error: failure },
      row("d", 5),
      row("e", 6),
      { index: 7, text: "", error: expect.any(RangeError) },
    ]);
  });

  it("throws the error of its source, or of a text that cannot be sent, after all rows before it", async () => {
    const { model } = fake();
    const broken = async function* (): AsyncGenerator<string> {
      yield "a";
      await turn();
      throw new Error("the disk is gone");
    };
    const handedOut = async (stream: AsyncIterable<Row>): Promise<[rows: Row[], error: unknown]> => {
      const rows: Row[] = [];
      try {
        for await (const each of stream) rows.push(each);
      } catch (error) {
        return [rows, error];
      }
      return [rows, undefined];
    };
    expect(await handedOut(model.streamTextEmbeddings(broken()))).toEqual([
      [row("a", 0)],
      new Error("the disk is gone"),
    ]);
    expect(await handedOut(model.streamTextEmbeddings(["a", "bb", ""]))).toEqual([
      [row("a", 0), row("bb", 1)],
      new RangeError("texts[2] is empty or only white space; omit it"),
    ]);
    expect(await handedOut(model.streamTextEmbeddings([1 as never]))).toEqual([
      [],
      new TypeError("texts[0] must be a string, not number 1"),
    ]);
    expect(() => model.streamTextEmbeddings("text" as never)).toThrow(
      "texts must be an array, or another iterable",
    );
  });

  it("ends with the signal's reason", async () => {
    const { model } = fake();
    const stop = new AbortController();
    const stream = model.streamTextEmbeddings(slowly(texts), { signal: stop.signal });
    await stream.next();
    const reason = new Error("no longer wanted");
    stop.abort(reason);
    expect(await failureOf(read(stream))).toBe(reason);
  });

  it("ends when its model is closed, which does not wait for its reader", async () => {
    const aclose = vi.fn(async () => {});
    const { model } = fake({ aclose });
    const stream = model.streamTextEmbeddings(slowly(new Array(1000).fill("a").map((a, i) => a + i)));
    await stream.next();
    await model.aclose();
    expect(aclose).toHaveBeenCalledOnce();
    await expect(read(stream)).rejects.toThrow("the fake embedding model was closed");
    expect(() => model.streamTextEmbeddings(["a"])).toThrow("the fake embedding model is closed");
  });

  it("has no request in flight when the provider is closed", async () => {
    let underWay = 0;
    const atClose: number[] = [];
    const started = Promise.withResolvers<void>();
    const { model } = fake({
      limits: { inputs: 1 },
      embed: async (_request, { signal }) => {
        underWay++;
        started.resolve();
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        await turn();
        underWay--;
        throw signal.reason;
      },
      aclose: async () => void atClose.push(underWay),
    });
    const first = failureOf(model.streamTextEmbeddings(["a", "b"]).next());
    await started.promise;
    await model.aclose();
    expect(atClose).toEqual([0]);
    expect(String(await first)).toContain("was closed");
  });

  it("is one event that contains its requests, wherever it is read", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const { model } = fake();
    await read(model.streamTextEmbeddings(slowly(texts), { callbackManager }));
    const ends = debug.getEventPairs().map(([, end]) => end);
    const call = ends.find(({ type }) => type === "embed_texts")!;
    expect(call.endPayload).toEqual({
      count: 7,
      requests: 2,
      dimensions: 2,
      usage: { inputTokens: 6, outputTokens: undefined, totalTokens: undefined },
    });
    const jobs = ends.filter(({ type }) => type === "async_job");
    expect(jobs.map(({ parentId }) => parentId)).toEqual([call.id, call.id]);
  });
});
