import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { type AttemptContext, retry, RetryAfterError } from "../index.ts";
import { useFakeTime } from "../../../../tests/fake-time.ts";

useFakeTime();

/** Fails so many times, and records when it was called. */
function failing(times: number, error: unknown = new Error("busy")) {
  const start = Date.now();
  const calledAt: number[] = [];
  const work = async (): Promise<string> => {
    calledAt.push(Date.now() - start);
    if (calledAt.length <= times) throw error;
    return "done";
  };
  return { work, calledAt };
}

describe("retry", () => {
  it("makes up to three attempts, after waits that double", async () => {
    const { work, calledAt } = failing(2);
    const result = retry(work);
    await vi.runAllTimersAsync();
    expect(await result).toBe("done");
    expect(calledAt).toEqual([0, 500, 1500]);
  });

  it("calls onRetry before each wait, and ends if it throws", async () => {
    const busy = new Error("busy");
    const onRetry = vi.fn();
    const result = retry(failing(2, busy).work, { onRetry });
    await vi.advanceTimersByTimeAsync(0);
    expect(onRetry.mock.calls).toEqual([[busy, { attempt: 1, wait: 500, refused: false, index: undefined }]]);
    await vi.runAllTimersAsync();
    expect(await result).toBe("done");
    expect(onRetry.mock.calls.slice(1)).toEqual([
      [busy, { attempt: 2, wait: 1000, refused: false, index: undefined }],
    ]);
    const { work, calledAt } = failing(2);
    const stop = (): never => {
      throw new Error("stop");
    };
    await expect(retry(work, { onRetry: stop })).rejects.toThrow("stop");
    expect(calledAt).toHaveLength(1);
    await expect(retry(work, { onRetry: 5 as never })).rejects.toThrow(
      "onRetry must be a function, not number 5",
    );
  });

  it("gives up with the last error as it is, even null", async () => {
    const { work, calledAt } = failing(9, null);
    const outcome = retry(work).catch((error: unknown) => ({ error }));
    await vi.runAllTimersAsync();
    expect(await outcome).toEqual({ error: null });
    expect(calledAt).toHaveLength(3);
  });

  it("waits no longer than maxDelay, and a random part of it", async () => {
    vi.mocked(Math.random).mockReturnValue(0.5);
    const { work, calledAt } = failing(5);
    const result = retry(work, { attempts: 6, delay: 1000, maxDelay: 4000 });
    await vi.runAllTimersAsync();
    await result;
    expect(calledAt).toEqual([0, 500, 1500, 3500, 5500, 7500]);
  });

  it("passes each attempt its number, and accepts work that is not async", async () => {
    const attempts: number[] = [];
    const result = retry(({ attempt }) => {
      attempts.push(attempt);
      if (attempt === 1) throw new Error("not yet");
      return attempt;
    });
    await vi.runAllTimersAsync();
    expect(await result).toBe(2);
    expect(attempts).toEqual([1, 2]);
  });

  it.each([
    ["an error that says so", { error: Object.assign(new Error("bad"), { retryable: false }) }],
    ["an abort", { error: new DOMException("stop", "AbortError") }],
    ["what shouldRetry refuses", { error: new Error("404"), shouldRetry: () => false }],
  ])("does not try again after %s", async (_what, { error, ...options }) => {
    const { work, calledAt } = failing(9, error);
    await expect(retry(work, options)).rejects.toBe(error);
    expect(calledAt).toHaveLength(1);
  });

  it("waits as long as a service asks, and slightly longer", async () => {
    const { work, calledAt } = failing(1, Object.assign(new Error("429"), { retryAfter: 20_000 }));
    const result = retry(work);
    await vi.runAllTimersAsync();
    await result;
    expect(calledAt).toEqual([0, 20_500]);
  });

  it("gives up at once if a service asks for a longer wait than allowed, and says how long", async () => {
    const cause = Object.assign(new Error("429"), { wait: 86_400_000 });
    const { work, calledAt } = failing(9, cause);
    const error: unknown = await retry(work, {
      retryAfter: (failure) => (failure as { wait: number }).wait,
    }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RetryAfterError);
    expect(error).toMatchObject({
      message:
        "the service asks to wait 86,400 s before another attempt, more than maxRetryAfter allows (60 s); " +
        "try again later, or raise maxRetryAfter",
      retryAfter: 86_400_000,
      cause,
    });
    expect(calledAt).toHaveLength(1);
  });

  it.each([Infinity, 1e300, 400 * 86_400_000])(
    "writes an absurd wait of %d ms in words",
    async (retryAfter) => {
      const { work } = failing(9, Object.assign(new Error("429"), { retryAfter }));
      await expect(retry(work)).rejects.toThrow(
        "the service asks to wait more than a year before another attempt, more than maxRetryAfter allows (60 s)",
      );
    },
  );

  it("starts no wait that would end after totalTimeout", async () => {
    const { work, calledAt } = failing(9);
    const outcome = retry(work, { attempts: 9, totalTimeout: 2000 }).catch(String);
    await vi.runAllTimersAsync();
    expect(await outcome).toBe("Error: busy");
    // 500 and 1,000 fit, 2,000 more do not.
    expect(calledAt).toEqual([0, 500, 1500]);
  });

  /** Ends when its signal is aborted, with the reason; records what each attempt was aborted with. */
  function hanging() {
    const reasons: unknown[] = [];
    const work = ({ signal }: AttemptContext): Promise<string> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason);
          reject(signal.reason as Error);
        });
      });
    return { work, reasons };
  }

  it("aborts the attempt that runs when totalTimeout is over, and says what failed before", async () => {
    const busy = new Error("busy");
    const { work, reasons } = hanging();
    const first = ({ attempt, ...context }: AttemptContext): Promise<string> =>
      attempt === 1 ? Promise.reject(busy) : work({ attempt, ...context });
    const outcome = retry(first, { attempts: 9, totalTimeout: 2000 }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(2000);
    const error = await outcome;
    expect(error).toMatchObject({
      name: "TimeoutError",
      message: "attempt 2 took longer than totalTimeout allows for all attempts (2000 ms)",
      cause: busy,
    });
    expect(reasons).toEqual([error]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("makes no attempt after totalTimeout, if a wait ends late", async () => {
    const { work, calledAt } = failing(9);
    const { onlyAfter, late } = { onlyAfter: 500, late: 600 };
    const outcome = retry(work, { totalTimeout: onlyAfter + 50 }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(onlyAfter - 1);
    vi.setSystemTime(Date.now() + late);
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + late);
    await vi.advanceTimersByTimeAsync(1);
    clock.mockRestore();
    expect(await outcome).toMatchObject({
      name: "TimeoutError",
      message: "attempt 2 took longer than totalTimeout allows for all attempts (550 ms)",
      cause: new Error("busy"),
    });
    expect(calledAt).toEqual([0]);
  });

  it("retries an attempt that takes longer than timeout", async () => {
    const { work, reasons } = hanging();
    const result = retry((context) => (context.attempt < 3 ? work(context) : "done"), { timeout: 100 });
    await vi.runAllTimersAsync();
    expect(await result).toBe("done");
    expect(reasons.map(String)).toEqual(
      [1, 2].map((n) => `TimeoutError: attempt ${n} took longer than 100 ms`),
    );
  });

  it("retries an attempt whose own time-out Node.js reports as an abort", async () => {
    const attempt = vi.fn(({ attempt: number }: AttemptContext) => {
      const cause = new DOMException("it took longer", "TimeoutError");
      const aborted = Object.assign(new Error("The operation was aborted", { cause }), {
        name: "AbortError",
      });
      return number === 1 ? Promise.reject(aborted) : "done";
    });
    const result = retry(attempt);
    await vi.runAllTimersAsync();
    expect(await result).toBe("done");
    expect(attempt).toHaveBeenCalledTimes(2);
  });

  it("awaits an attempt that ignores its abort for grace, then abandons it with a warning", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
    const controller = new AbortController();
    const outcome = retry(() => new Promise(() => {}), { signal: controller.signal, grace: 300 }).then(
      () => "resolved",
      (error: unknown) => error,
    );
    const reason = new Error("enough");
    controller.abort(reason);
    await vi.advanceTimersByTimeAsync(299);
    expect(warned).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toBe(reason);
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining("attempt 1 of a retry ignored the abort for 300 ms and was abandoned"),
      { type: "AttemptAbandoned", code: "LLX_ATTEMPT_ABANDONED" },
    );
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it.each([{}, { timeout: 1000 }])(
    "lets what was returned follow the caller's signal, with %j",
    async (options) => {
      const controller = new AbortController();
      const signal = await retry((context) => ({ signal: context.signal }), {
        ...options,
        signal: controller.signal,
      });
      await vi.advanceTimersByTimeAsync(2000);
      expect(signal.signal.aborted).toBe(false);
      const reason = new Error("enough");
      controller.abort(reason);
      expect(signal.signal.reason).toBe(reason);
    },
  );

  it("throws the reason of its signal, whatever an aborted attempt ends with", async () => {
    for (const end of [() => "late", () => Promise.reject(new Error("cut"))]) {
      const controller = new AbortController();
      const reason = new Error("enough");
      const outcome = retry(
        ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(end()))),
        { signal: controller.signal },
      );
      controller.abort(reason);
      // oxlint-disable-next-line no-await-in-loop
      await expect(outcome).rejects.toBe(reason);
    }
  });

  it("ends its wait at once on an abort, and leaves nothing behind", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const { work, calledAt } = failing(9);
    const outcome = retry(work, { signal }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(100);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect(calledAt).toHaveLength(1);
    expect([vi.getTimerCount(), getEventListeners(signal, "abort")]).toEqual([0, []]);
    await expect(retry(work, { signal })).rejects.toBe(reason);
  });

  it.each([
    ["attempts", { attempts: 0 }, "attempts must be a whole number from 1, not 0"],
    ["delay", { delay: -1 }, "delay must be 0 or more milliseconds, not -1"],
    ["totalTimeout", { totalTimeout: Number.NaN }, "totalTimeout must be 0 or more milliseconds, not NaN"],
    [
      "totalTimeout of 0",
      { totalTimeout: 0 },
      "totalTimeout must be more than 0 milliseconds; omit it for no limit",
    ],
    ["timeout", { timeout: "5" }, 'timeout must be a number of milliseconds, not the string "5"'],
    ["grace", { grace: -1 }, "grace must be 0 or more milliseconds, not -1"],
    ["budget, its old name", { budget: 2000 }, "there is no option budget; it is called totalTimeout"],
    ["shouldRetry", { shouldRetry: true }, "shouldRetry must be a function, not boolean true"],
    ["signal", { signal: {} }, "signal must be an AbortSignal, not an object (Object)"],
  ])("refuses a bad %s", async (_name, options, message) => {
    const work = vi.fn();
    await expect(retry(work, options as never)).rejects.toThrow(message);
    expect(work).not.toHaveBeenCalled();
  });

  it("needs a function", async () => {
    await expect(retry(Promise.resolve(1) as never)).rejects.toThrow(
      "the argument of retry must be a function, not a promise that is not awaited",
    );
  });
});
