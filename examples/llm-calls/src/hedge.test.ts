import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { hedge, type HedgedChunk } from "./hedge.ts";

const { signal } = new AbortController();

let log: string[];

beforeEach(() => {
  vi.useFakeTimers();
  log = [];
});

afterEach(() => vi.useRealTimers());

/** Its chunks come after so many milliseconds each; an error ends it. It logs its start, and how it ended. */
function model(name: string, ...chunks: readonly (readonly [after: number, chunk: string | Error])[]) {
  return async function* stream(stop: AbortSignal): AsyncGenerator<string> {
    log.push(`${name} starts`);
    let end = "left";
    try {
      for (const [after, chunk] of chunks) {
        if (after > 0) {
          // oxlint-disable-next-line no-await-in-loop -- one after another
          await new Promise((resolve, reject) => {
            setTimeout(resolve, after);
            stop.addEventListener("abort", () => reject(stop.reason as Error), { once: true });
          });
        }
        if (typeof chunk !== "string") throw chunk;
        yield chunk;
      }
      end = "done";
    } catch (error) {
      end = stop.aborted ? "aborted" : "failed";
      throw error;
    } finally {
      log.push(`${name} ${end}`);
    }
  };
}

const never = model("never", [600_000, "late"]);
const down = new Error("down");

/** What was read and logged, and when all of that was over. */
async function read(stream: AsyncIterable<HedgedChunk<string>>, most = Infinity) {
  const start = Date.now();
  const run = async (): Promise<string[]> => {
    const chunks: string[] = [];
    for await (const { winner, chunk } of stream) {
      log.push(`read ${chunk}`);
      if (chunks.push(`${winner}: ${chunk}`) === most) break;
    }
    return chunks;
  };
  const done = run().then(
    (chunks) => ({ chunks, error: undefined, took: Date.now() - start }),
    (error: unknown) => ({ chunks: [], error, took: Date.now() - start }),
  );
  await vi.advanceTimersByTimeAsync(10_000);
  return done;
}

it("reads the stream whose first chunk comes first, and aborts the others before", async () => {
  const fast = model("fast", [5, "the "], [5, "moon"]);
  const slow = model("slow", [8, "because"]);
  expect(await read(hedge([never, fast, slow], { delay: 0, signal }))).toEqual({
    chunks: ["1: the ", "1: moon"],
    error: undefined,
    took: 10,
  });
  expect(log).toEqual([
    "never starts",
    "fast starts",
    "slow starts",
    "never aborted",
    "slow aborted",
    "read the ",
    "read moon",
    "fast done",
  ]);
});

it("starts the next one only if none has answered after the delay", async () => {
  const quick = model("quick", [10, "so"]);
  expect((await read(hedge([quick, never], { delay: 20, signal }))).took).toBe(10);
  expect(log).toEqual(["quick starts", "read so", "quick done"]);
  log = [];
  const { chunks, took } = await read(hedge([never, quick], { delay: 20, signal }));
  expect([chunks, took]).toEqual([["1: so"], 30]);
  expect(log).toEqual(["never starts", "quick starts", "never aborted", "read so", "quick done"]);
});

it("starts the next one at once when one fails, or ends without a chunk", async () => {
  const failing = model("failing", [5, down]);
  const empty = model("empty");
  const good = model("good", [5, "so"]);
  const { chunks, took } = await read(hedge([failing, empty, good], { delay: 1_000, signal }));
  expect([chunks, took]).toEqual([["2: so"], 10]);
});

it("closes a stream that has had its first chunk at the same time", async () => {
  const [one, two] = [model("one", [0, "so"], [5, "."]), model("two", [0, "so"], [5, "!"])];
  const { chunks } = await read(hedge([one, two], { delay: 0, signal }));
  expect(chunks).toEqual(["0: so", "0: ."]);
  expect(log).toEqual(["one starts", "two starts", "two left", "read so", "read .", "one done"]);
});

it("fails if all have failed, with the reasons", async () => {
  const late = new Error("late");
  const { error } = await read(
    hedge([model("one", [5, late]), model("two", [1, down]), model("three")], { delay: 0, signal }),
  );
  expect(error).toEqual(
    new AggregateError([new Error("the answer is empty"), down, late], "no model has answered"),
  );
});

it("fails with an error of the winner after its first chunk", async () => {
  const breaking = model("breaking", [5, "the "], [5, down]);
  const { error } = await read(hedge([breaking, model("other", [6, "so"])], { delay: 0, signal }));
  expect(error).toBe(down);
  expect(log).toContain("other aborted");
});

it("closes the winner too when its reader leaves", async () => {
  const { chunks } = await read(
    hedge([model("one", [5, "the "], [5, "moon"]), never], { delay: 0, signal }),
    1,
  );
  expect(chunks).toEqual(["0: the "]);
  expect(log).toEqual(["one starts", "never starts", "never aborted", "read the ", "one left"]);
});

it.each([0, 3, 20])("ends with its signal, with a delay of %s ms", async (delay) => {
  const user = new AbortController();
  const gone = new Error("the user has gone");
  setTimeout(() => user.abort(gone), 10);
  const { error, took } = await read(hedge([never, never], { delay, signal: user.signal }));
  expect([error, took]).toEqual([gone, 10]);
  expect(log.filter((line) => line === "never aborted")).toHaveLength(delay > 10 ? 1 : 2);
});
