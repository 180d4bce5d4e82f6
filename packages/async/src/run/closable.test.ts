import { describe, expect, it, vi } from "vitest";
import { type Closable, closeAll, Closing } from "../index.ts";

it("closes once for all callers, and says what was closed", async () => {
  const gate = Promise.withResolvers<void>();
  let times = 0;
  const closing = new Closing("the store", () => {
    times++;
    return gate.promise;
  });
  expect(closing.closed).toBe(false);
  closing.throwIfClosed();
  const closings = [closing.aclose(), closing.aclose()];
  expect(closing.closed).toBe(true);
  expect(() => closing.throwIfClosed()).toThrow("the store is closed; make a new one");
  gate.resolve();
  await Promise.all(closings);
  await closing.aclose();
  expect(times).toBe(1);
});

it("is closed before its close function runs, which may call it again", async () => {
  const seen: boolean[] = [];
  const closing: Closing = new Closing("the store", () => {
    seen.push(closing.closed);
    void closing.aclose();
  });
  await closing.aclose();
  expect(seen).toEqual([true]);
});

it("rejects all callers with its error", async () => {
  const closing = new Closing("the store", () => {
    throw new Error("stuck");
  });
  await expect(closing.aclose()).rejects.toThrow("stuck");
  await expect(closing.aclose()).rejects.toThrow("stuck");
});

it.each([
  [() => new Closing("store", undefined as never), "the second argument of Closing must be a function"],
  [
    () => new Closing((() => {}) as never, undefined as never),
    "the first argument of Closing must be a string",
  ],
])("refuses arguments in a wrong place", (make, message) => {
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});

describe("closeAll", () => {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const first = new Error("first");
  const second = new Error("second");

  it("closes the last first, one after another, by whatever method each has", async () => {
    const log: string[] = [];
    const close = async (name: string): Promise<void> => {
      log.push(`closing ${name}`);
      await turn();
      log.push(`closed ${name}`);
    };
    function* closables(): Generator<Closable> {
      yield { aclose: () => close("a") };
      yield { [Symbol.asyncDispose]: () => close("b") };
      yield { [Symbol.dispose]: () => void log.push("c") };
    }
    await closeAll(closables());
    expect(log).toEqual(["c", "closing b", "closed b", "closing a", "closed a"]);
    await closeAll([]);
  });

  it("rejects with the one error, when all are closed", async () => {
    const closed = vi.fn();
    const closing = closeAll([{ aclose: closed }, { aclose: () => Promise.reject(first) }]);
    await expect(closing).rejects.toBe(first);
    expect(closed).toHaveBeenCalledOnce();
  });

  it("rejects with all errors, and says which failed", async () => {
    const fail = (error: unknown): Disposable => ({
      [Symbol.dispose]: () => {
        throw error;
      },
    });
    const closing = closeAll([fail("text"), fail(second), { [Symbol.dispose]: () => {} }, fail(first)]);
    const error = (await closing.catch((reason: unknown) => reason)) as AggregateError;
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.errors).toEqual([first, second, "text"]);
    expect(error.message).toBe(
      'closables[3] failed: Error: first; closables[1] failed: Error: second; closables[0] failed: the string "text"',
    );
  });

  it("waits for a closing, however long it takes", async () => {
    vi.useFakeTimers();
    try {
      const gate = Promise.withResolvers<void>();
      const closing = closeAll([{ aclose: () => gate.promise }]);
      await vi.advanceTimersByTimeAsync(1_000_000);
      expect(vi.getTimerCount()).toBe(0);
      gate.resolve();
      await closing;
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([5, null, undefined, {}, { aclose: true }])(
    "closes nothing where one cannot be: %o",
    async (bad) => {
      const aclose = vi.fn();
      const { error } = await closeAll([{ aclose }, bad as never]).then(
        () => expect.fail("it closed"),
        (reason: unknown) => ({ error: reason }),
      );
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toContain(
        "closables[1] must have aclose(), [Symbol.asyncDispose]() or [Symbol.dispose](), not be ",
      );
      expect(aclose).not.toHaveBeenCalled();
    },
  );

  it("says how to close what ends in another way", async () => {
    await expect(closeAll([{ close() {} } as never])).rejects.toThrow(
      "not be an object (Object); what ends in another way: { aclose: async () => it.close() }",
    );
  });

  it("says of a promise that it is to be awaited", async () => {
    await expect(closeAll([Promise.resolve({ aclose() {} }) as never])).rejects.toThrow(
      "closables[0] is a promise; await it first",
    );
  });

  it.each([5, null, undefined, {}, "text"])(
    "refuses what is no iterable of closables: %o",
    async (closables) => {
      await expect(closeAll(closables as never)).rejects.toThrow(
        /^closeAll needs an iterable of closables, not /,
      );
    },
  );
});
