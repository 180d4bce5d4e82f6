import { describe, expect, it, vi } from "vitest";
import { CallbackManager } from "../index.ts";
import { record, turn } from "../testing/recorder.ts";

describe("stream", () => {
  async function* numbers(manager: CallbackManager): AsyncGenerator<number> {
    try {
      for (let n = 1; n <= 3; n++) {
        await manager.event("function_call", turn);
        yield n;
      }
    } finally {
      await manager.event("templating", () => {});
    }
  }

  it("produces each item inside the event, wherever it is consumed", async () => {
    const { manager, recorder } = record();
    const stream = manager.event("query", () => [manager.stream("synthesize", {}, numbers(manager))]);
    const [items] = await stream;
    expect(recorder.calls).not.toContain("+synthesize");
    const seen = await Array.fromAsync(items!);
    expect(seen).toEqual([1, 2, 3]);
    const synthesize = recorder.end("synthesize");
    expect(synthesize.parentId).toBe(recorder.end("query").id);
    expect(synthesize.status).toBe("ok");
    const calls = recorder.ends.filter(({ type }) => type === "function_call");
    expect(calls.map(({ parentId }) => parentId)).toEqual(Array(3).fill(synthesize.id));
    expect(manager.openEvents).toBe(0);
  });

  it.each<[unknown, string]>([
    [[1, 2], "an object (Array)"],
    [async () => [1, 2], "a promise that is not awaited"],
    [() => undefined, "undefined"],
  ])("says what it takes, where it is given %o", async (source, kind) => {
    const { manager, recorder } = record();
    await expect(manager.stream("synthesize", {}, source as never).next()).rejects.toThrow(
      new TypeError(
        "a stream takes an async iterable, or a function that returns one, such as an async function*, not " +
          kind,
      ),
    );
    expect(recorder.end("synthesize").status).toBe("error");
  });

  it("ends and closes its source when the consumer stops early", async () => {
    const { manager, recorder } = record();
    for await (const n of manager.stream("synthesize", {}, () => numbers(manager))) if (n === 2) break;
    expect(recorder.end("synthesize").status).toBe("ok");
    expect(recorder.end("templating").parentId).toBe(recorder.end("synthesize").id);
    expect(manager.openEvents).toBe(0);
  });

  it("ends with the error of its source", async () => {
    const { manager, recorder } = record();
    const error = new Error("broken");
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw error;
    }
    await expect(Array.fromAsync(manager.stream("llm", {}, broken))).rejects.toBe(error);
    expect(recorder.end("llm")).toMatchObject({ status: "error", error });
  });

  it('passes the index of each chunk to all handlers, its content only with capture: "full"', async () => {
    const sizes: unknown[] = [];
    const full: unknown[] = [];
    const manager = new CallbackManager({
      handlers: [
        { onEventChunk: (_event, chunk) => void sizes.push(chunk) },
        { capture: "full", onEventChunk: (_event, chunk) => void full.push(chunk) },
      ],
    });
    async function* words(): AsyncGenerator<string> {
      yield "secret";
      yield "word";
    }
    await Array.fromAsync(manager.stream("llm", {}, words));
    expect(sizes).toEqual([{ index: 0 }, { index: 1 }]);
    expect(full).toEqual([
      { index: 0, content: "secret" },
      { index: 1, content: "word" },
    ]);
  });

  it("passes each chunk to redact before any handler", async () => {
    const seen: unknown[] = [];
    const manager = new CallbackManager({
      handlers: [{ capture: "full", onEventChunk: (_event, chunk) => void seen.push(chunk) }],
      redact: (payload, { phase }) =>
        phase === "chunk" ? { content: String(payload["content"]).replace("secret", "…") } : payload,
    });
    async function* words(): AsyncGenerator<string> {
      yield "a secret word";
    }
    expect(await Array.fromAsync(manager.stream("llm", {}, words))).toEqual(["a secret word"]);
    expect(seen).toEqual([{ index: 0, content: "a … word" }]);
  });

  it("starts once, also when several items are requested at once", async () => {
    const { manager, recorder } = record();
    const stream = manager.stream("synthesize", {}, () => numbers(manager));
    const items = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next()]);
    expect(items.map(({ value }) => value)).toEqual([1, 2, 3, undefined]);
    expect(recorder.ends.filter(({ type }) => type === "synthesize")).toHaveLength(1);
    expect(manager.openEvents).toBe(0);
  });

  it("closes an existing source when no item was requested", async () => {
    const closed = vi.fn();
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: 1 }),
        async return() {
          closed();
          return { done: true, value: undefined };
        },
      }),
    };
    const { recorder, manager } = record();
    const unread = manager.stream("llm", undefined, source);
    await unread[Symbol.asyncDispose]();
    await unread[Symbol.asyncDispose]();
    expect(closed).toHaveBeenCalledOnce();
    expect(recorder.calls).toEqual([]);
    const thrown = manager.stream("llm", undefined, source);
    await thrown.next();
    await expect(thrown.throw?.(new Error("no more"))).rejects.toThrow("no more");
    expect(closed).toHaveBeenCalledTimes(2);
    expect(manager.openEvents).toBe(0);
  });

  it("starts no event when no item is requested", async () => {
    const { manager, recorder } = record();
    const stream = manager.stream("llm", {}, () => numbers(manager));
    await stream.return?.();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(recorder.calls).toEqual([]);
  });
});
