import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type RetrieveOptions, retrieve, type Retriever } from "./retrieve.ts";

type Name = Retriever["name"];
type Find = Retriever["find"];

const debug = new DebugHandler();
const options: RetrieveOptions = {
  enough: 2,
  manager: new CallbackManager({ handlers: [debug] }),
  signal: new AbortController().signal,
};

const at = (name: Name, find: Find, limit = 100): Retriever => ({ name, limit, find });

/** Answers after some milliseconds, unless it is aborted. */
const after =
  (milliseconds: number, ids: readonly number[]): Find =>
  (_question, signal) =>
    new Promise((resolve, reject) => {
      setTimeout(resolve, milliseconds, ids);
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });

/** Does not even look at its signal. */
const deaf: Find = () => new Promise(() => {});

const failing: Find = () => Promise.reject(new Error("the index is being rebuilt"));

function statuses(): Record<string, string> {
  return Object.fromEntries(
    ["vectors", "words", "archive", "graph"].flatMap((name) =>
      debug.getEventPairs(name as Name).map(([, { status }]) => [name, status]),
    ),
  );
}

beforeEach(() => {
  vi.useFakeTimers();
  debug.flushEventLogs();
});

afterEach(() => vi.useRealTimers());

/** What it comes to, and the milliseconds that it took. */
async function run(retrievers: readonly Retriever[], changes: Partial<RetrieveOptions> = {}) {
  const start = Date.now();
  const running = retrieve("why?", retrievers, { ...options, ...changes });
  const done = running.then(
    (value) => ({ value, error: undefined, took: Date.now() - start }),
    (error: unknown) => ({ value: undefined, error, took: Date.now() - start }),
  );
  await vi.advanceTimersByTimeAsync(1_000);
  return done;
}

describe("retrieving by several retrievers at once", () => {
  it("fuses the first answers that are enough, and stops the others", async () => {
    const { value, took } = await run([
      at("vectors", after(20, [7, 1])),
      at("words", after(10, [7, 2])),
      at("archive", after(50, [3])),
    ]);
    expect(took).toBe(20);
    expect(value?.outcomes).toEqual(["in time", "in time", "stopped"]);
    // 7 is first in both rankings, 1 and 2 are second in one.
    expect(value?.results).toEqual([
      { id: 7, score: 2 / 61 },
      { id: 1, score: 1 / 62 },
      { id: 2, score: 1 / 62 },
    ]);
    expect(statuses()).toEqual({ vectors: "ok", words: "ok", archive: "aborted" });
  });

  it("is not held by one that fails, if others are enough", async () => {
    const { value, took } = await run([
      at("graph", failing),
      at("vectors", after(10, [1])),
      at("words", after(20, [1])),
    ]);
    expect(took).toBe(20);
    expect(value?.outcomes).toEqual(["failed", "in time", "in time"]);
    expect(value?.results.map(({ id }) => id)).toEqual([1]);
    expect(statuses()).toEqual({ graph: "error", vectors: "ok", words: "ok" });
  });

  it("waits for each no longer than its limit", async () => {
    const { value, took } = await run([
      at("vectors", after(10, [1])),
      at("words", after(90, [2]), 30),
      at("archive", after(90, [3]), 60),
    ]);
    expect(took).toBe(60);
    expect(value?.outcomes).toEqual(["in time", "too late", "too late"]);
    expect(value?.results.map(({ id }) => id)).toEqual([1]);
  });

  it("leaves one behind that ignores its signal", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const late = await run([at("vectors", after(10, [1])), at("archive", deaf, 60)]);
    // 50 ms after its limit.
    expect(late.took).toBe(110);
    expect(late.value?.outcomes).toEqual(["in time", "too late"]);
    const stopped = await run([at("vectors", after(10, [1])), at("archive", deaf)], { enough: 1 });
    // 50 ms after the one that was enough.
    expect(stopped.took).toBe(60);
    expect(stopped.value?.outcomes).toEqual(["in time", "stopped"]);
    expect(warn).toHaveBeenCalled();
    warn.mockRestore();
  });

  it("fails only if all have", async () => {
    const { error } = await run([at("graph", failing), at("archive", after(90, [1]), 30)]);
    expect(error).toEqual(
      new AggregateError(
        [new Error("the index is being rebuilt"), expect.objectContaining({ name: "TimeoutError" })],
        "no retriever has answered",
      ),
    );
  });

  it("stops with its signal", async () => {
    const user = new AbortController();
    setTimeout(() => user.abort(new Error("the user has gone")), 5);
    const { error, took } = await run([at("vectors", after(10, [1])), at("words", after(10, [1]))], {
      signal: user.signal,
    });
    expect([error, took]).toEqual([new Error("the user has gone"), 5]);
    expect(statuses()).toEqual({ vectors: "aborted", words: "aborted" });
  });
});
