import { getEventListeners } from "node:events";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { describe, expect, it, vi } from "vitest";
import {
  AdaptiveLimiter,
  type JobContext,
  mapJobs,
  RateLimiter,
  RefusedError,
  retry,
  runJobs,
  Semaphore,
  streamJobs,
} from "../index.ts";
import { useFakeTime } from "../../../../tests/fake-time.ts";

useFakeTime();

const refusal = Object.assign(new Error("slow down"), { status: 429 });

/** Refuses for a given time from the first request on; takes 10 ms. Records when and how many at once requests arrive. */
function refusingUntil(end: number) {
  const start = performance.now();
  const askedAt: number[] = [];
  let [atOnce, mostWhileRefusing] = [0, 0];
  const ask = async <T>(value: T): Promise<T> => {
    const at = performance.now() - start;
    askedAt.push(at);
    atOnce++;
    // The first requests do not know yet.
    if (at > 10 && at < end) mostWhileRefusing = Math.max(mostWhileRefusing, atOnce);
    await new Promise((resolve) => setTimeout(resolve, 10));
    atOnce--;
    if (at < end) throw refusal;
    return value;
  };
  return { ask, askedAt, most: () => mostWhileRefusing };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe("jobs that a service refuses", () => {
  it("use up no attempts, and wait until it accepts requests again: one probes at a time", async () => {
    const service = refusingUntil(30_000);
    const results = mapJobs(numbers(100), service.ask, { workers: 8, retry: {} });
    await vi.runAllTimersAsync();
    expect(await results).toEqual(numbers(100));
    // Eight before the first refusal; then after waits of 250 ms and twice as long each time, of 10 ms each, up to 5 s.
    expect(service.askedAt.slice(0, 19)).toEqual([
      ...Array<number>(8).fill(0),
      260,
      770,
      1_780,
      3_790,
      7_800,
      12_810,
      17_820,
      22_830,
      27_840,
      32_850,
      32_860,
    ]);
    expect(service.most()).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("wait as long as they are asked to, while others are sent when the window of the service lets them through", async () => {
    const busy = Object.assign(new Error("busy"), { status: 429, retryAfter: 1_000 });
    const start = performance.now();
    const accepted: number[] = [];
    const askedAt = new Map<number, number[]>();
    // 50 in any second; each takes 10 ms.
    const ask = async (job: number): Promise<number> => {
      const at = performance.now() - start;
      askedAt.set(job, [...(askedAt.get(job) ?? []), at]);
      const isAccepted = accepted.filter((each) => each > at - 1_000).length < 50;
      if (isAccepted) accepted.push(at);
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (!isAccepted) throw busy;
      return job;
    };
    // Its starts are known only to a limiter that was there before the refusal.
    const rate = new RateLimiter({ requests: { limit: 1_000_000, interval: 60_000 } });
    const results = mapJobs(numbers(60), ask, { workers: 1, retry: {}, rate });
    await vi.runAllTimersAsync();
    expect(await results).toEqual(numbers(60));
    // The first 50 started at 0 to 490, so that the next was refused at 510; the window lets others through from 1000 on.
    expect(askedAt.get(50)).toEqual([500, 1_510]);
    expect([51, 52, 59].map((job) => askedAt.get(job))).toEqual([[1_100], [1_110], [1_180]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([false, true])(
    "use what a service accepts per second once that is known, however few at once it seemed to accept (says how long to wait: %s)",
    async (says) => {
      const start = performance.now();
      const accepted: number[] = [];
      let refused = 0;
      // 10 in any second; each takes 300 ms.
      const ask = async (): Promise<void> => {
        const at = performance.now();
        const recent = accepted.filter((each) => each > at - 1_000);
        if (recent.length >= 10) {
          refused++;
          await new Promise((resolve) => setTimeout(resolve, 5));
          const retryAfter = says ? recent[0]! + 1_000 - at : undefined;
          throw Object.assign(new Error("slow down"), { status: 429, retryAfter });
        }
        accepted.push(at);
        await new Promise((resolve) => setTimeout(resolve, 300));
      };
      const workers = new AdaptiveLimiter({ initial: 4 });
      const rate = new RateLimiter({ requests: { limit: 1_000_000_000, interval: 60_000 } });
      const run = mapJobs(numbers(400), ask, { workers, rate, retry: {} });
      await vi.runAllTimersAsync();
      await run;
      // 40 seconds at best; with as few at once as were in flight when it refused, 47.
      expect(performance.now() - start).toBeLessThan(45_000);
      expect(refused).toBeLessThan(20);
    },
  );

  it("fail as usual with one attempt, and after other failures", async () => {
    await expect(runJobs([() => Promise.reject(refusal)], { retry: { attempts: 1 } })).rejects.toBe(refusal);
    const service = refusingUntil(Number.POSITIVE_INFINITY);
    const all = mapJobs(numbers(9), service.ask, { workers: 3, settle: true, retry: { attempts: 1 } });
    await vi.advanceTimersByTimeAsync(30);
    expect((await all).every((outcome) => outcome.status === "rejected" && outcome.reason === refusal)).toBe(
      true,
    );
    const broken = new Error("broken");
    const attempts: number[] = [];
    const mixed = mapJobs(
      [0],
      async (_n, { attempt }) => {
        attempts.push(attempt);
        throw attempt % 2 === 0 ? broken : refusal;
      },
      { retry: { attempts: 2, delay: 1 } },
    ).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await mixed).toBe(broken);
    // Two of the four were refused, two failed.
    expect(attempts).toEqual([1, 2, 3, 4]);
  });

  it("fail when it refuses for longer than maxRefusedTime, and keep no others waiting", async () => {
    const service = refusingUntil(Number.POSITIVE_INFINITY);
    const outcomes = mapJobs(numbers(5_000), service.ask, {
      workers: 1,
      retry: { maxRefusedTime: 60_000 },
      settle: true,
    });
    await vi.runAllTimersAsync();
    const reasons = (await outcomes).map((outcome) => (outcome.status === "rejected" ? outcome.reason : 0));
    for (const reason of reasons) {
      expect(reason).toBeInstanceOf(RefusedError);
      expect(reason).toMatchObject({ cause: refusal, retryable: false });
    }
    expect((reasons[0] as Error).message).toBe(
      "the service has refused for 63 s, longer than maxRefusedTime allows (60 s): Error: slow down; " +
        "try again later, or raise maxRefusedTime",
    );
    // The first one has made 17 attempts; the others are not even sent.
    expect(service.askedAt).toHaveLength(17);
  });

  it.each([200, 50])(
    "that come every %i ms and are aborted after 3 s get through soon after it accepts requests again",
    async (every) => {
      const accepts = 12_000;
      const rate = new RateLimiter({ requests: { limit: 1_000_000, interval: 60_000 } });
      const workers = new Semaphore(10);
      const start = performance.now();
      const ask = async (_job: number, { signal }: JobContext): Promise<void> => {
        if (performance.now() - start < accepts) throw refusal;
        // It answers after 300 ms: of those that have waited longest, none has so much time left.
        await new Promise<void>((resolve, reject) => {
          const timer = setTimeout(resolve, 300);
          signal.addEventListener("abort", () => {
            clearTimeout(timer);
            reject(signal.reason);
          });
        });
      };
      const answeredAt: number[] = [];
      let failedLate = 0;
      for (let at = 0; at < 25_000; at += every) {
        const stop = new AbortController();
        // Such a cause does not make it a refusal.
        setTimeout(() => stop.abort(new Error("no longer wanted", { cause: refusal })), 3_000);
        void mapJobs([at], ask, { rate, workers, retry: {}, signal: stop.signal }).then(
          () => answeredAt.push(performance.now() - start),
          () => (failedLate += at > 20_000 ? 1 : 0),
        );
        await vi.advanceTimersByTimeAsync(every);
      }
      await vi.runAllTimersAsync();
      // A probe is sent every 5 s at the latest.
      expect(answeredAt[0]).toBeLessThan(accepts + 5_000 + 3_000);
      expect(failedLate).toBe(0);
    },
  );

  it("fail after maxRefusedTime even if they were never sent, and at once if it is over when they come", async () => {
    const service = refusingUntil(20_000);
    const rate = new RateLimiter({ requests: { limit: 1_000_000, interval: 60_000 } });
    const start = performance.now();
    const ask = (settle: boolean): Promise<unknown> =>
      mapJobs(["x"], service.ask, { rate, retry: { maxRefusedTime: 3_000 }, settle: settle as false })
        .then(
          ([outcome]) => (outcome as { reason?: unknown }).reason ?? outcome,
          (error: unknown) => error,
        )
        .then((result) => ({ result, at: performance.now() - start }));
    const first = ask(false);
    await vi.advanceTimersByTimeAsync(1_000);
    const waiting = numbers(6).map((number) => ask(number % 2 === 0));
    await vi.advanceTimersByTimeAsync(4_000);
    // The probe at 3,790 has failed: it was sent after 3 s, and so was the last one.
    const failed = { result: { name: "RefusedError", cause: refusal }, at: 3_800 };
    for (const each of [first, ...waiting]) expect(await each).toMatchObject(failed);
    const sent = service.askedAt.length;
    for (const settle of [false, true]) {
      expect(await ask(settle)).toMatchObject({
        result: { name: "RefusedError", cause: refusal },
        at: 5_000,
      });
    }
    expect(service.askedAt).toHaveLength(sent);
    // The next one that comes when a probe may be sent shows that the service accepts requests.
    await vi.advanceTimersByTimeAsync(20_000);
    const last = ask(false);
    await vi.runAllTimersAsync();
    expect(await last).toMatchObject({ at: 25_010 });
  });

  it("are recognised by isRefusal, and each refusal is reported to onRetry", async () => {
    const full = Object.assign(new Error("queue full"), { code: "FULL" });
    const onRetry = vi.fn();
    let calls = 0;
    const results = runJobs(
      [
        async () => {
          if (calls++ < 5) throw full;
          return "done";
        },
      ],
      { retry: { attempts: 2, isRefusal: (error) => error === full, onRetry } },
    );
    await vi.runAllTimersAsync();
    expect(await results).toEqual(["done"]);
    expect(onRetry.mock.calls.map(([, { attempt, wait, refused }]) => [attempt, wait, refused])).toEqual([
      [1, 250, true],
      [2, 500, true],
      [3, 1_000, true],
      [4, 2_000, true],
      [5, 4_000, true],
    ]);
  });

  it("delay the other calls that share their workers or their rate", async () => {
    for (const shared of [
      { workers: new Semaphore(4) },
      { rate: new RateLimiter({ requests: { limit: 1_000, interval: 1_000 } }) },
    ]) {
      const service = refusingUntil(5_000);
      const first = mapJobs([1], service.ask, { ...shared, retry: {} });
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await vi.advanceTimersByTimeAsync(20);
      const second = mapJobs(numbers(3), service.ask, { ...shared, retry: {} });
      // oxlint-disable-next-line no-await-in-loop
      await vi.runAllTimersAsync();
      // oxlint-disable-next-line no-await-in-loop
      expect([await first, await second]).toEqual([[1], [0, 1, 2]]);
      expect(service.most()).toBe(1);
      // All probes but the last, which succeeds, are refused: at 0, 260, 770, 1,780 and 3,790.
      expect(service.askedAt.filter((at) => at < 5_000)).toHaveLength(5);
    }
  });

  it("show the pause in the progress, and as events of the caller's trace", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const told: unknown[] = [];
    const showProgress = {
      start: () => {},
      advance: () => {},
      pause: (milliseconds: number | undefined) => told.push(milliseconds),
      stop: () => {},
    };
    const service = refusingUntil(3_000);
    const results = callbackManager.asTrace("run", () =>
      mapJobs([1], service.ask, { retry: {}, showProgress, callbackManager }),
    );
    await vi.runAllTimersAsync();
    expect(await results).toEqual([1]);
    // Pauses of less than a second are not shown.
    expect(told).toEqual([1_000, 2_000, undefined]);
    const pauses = debug.getEventPairs("service_pause").map(([start]) => start.payload);
    expect(pauses).toEqual([
      { reason: "paused by the service, next try in 1 s", wait: 1_000 },
      { reason: "paused by the service, next try in 2 s", wait: 2_000 },
    ]);
    expect(callbackManager.openEvents).toBe(0);
  });

  it("may be stopped by a handler that throws on a pause", async () => {
    const enough = new Error("enough waited");
    const stop = {
      raiseErrors: true,
      onEventStart: ({ type }: { readonly type: string }) => {
        if (type === "service_pause") throw enough;
      },
    };
    const callbackManager = new CallbackManager({ handlers: [stop] });
    const service = refusingUntil(Number.POSITIVE_INFINITY);
    const outcome = mapJobs([1], service.ask, { retry: {}, callbackManager }).catch(
      (error: unknown) => error,
    );
    await vi.runAllTimersAsync();
    expect(await outcome).toBe(enough);
    expect([vi.getTimerCount(), callbackManager.openEvents]).toEqual([0, 0]);
  });

  it("leave no timer and no listener when they are stopped meanwhile", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const service = refusingUntil(Number.POSITIVE_INFINITY);
    const outcome = mapJobs(numbers(10), service.ask, { signal, retry: {} }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(2_000);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect([vi.getTimerCount(), getEventListeners(signal, "abort")]).toEqual([0, []]);
  });

  it("may be streamed", async () => {
    const service = refusingUntil(2_000);
    const stream = streamJobs(
      numbers(20).map((n) => () => service.ask(n)),
      { retry: {}, workers: 3 },
    );
    const all = Array.fromAsync(stream);
    await vi.runAllTimersAsync();
    expect(await all).toEqual(numbers(20));
  });

  it("fail if the service asks for too long a wait", async () => {
    const day = Object.assign(new Error("come back tomorrow"), { status: 429, retryAfter: 86_400_000 });
    await expect(runJobs([() => Promise.reject(day)], { retry: {} })).rejects.toMatchObject({
      name: "RetryAfterError",
      cause: day,
    });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("retry", () => {
  it("retries for as long as a service refuses, and counts only other failures", async () => {
    const service = refusingUntil(20_000);
    const result = retry(() => service.ask("done"), { attempts: 2 });
    await vi.runAllTimersAsync();
    expect(await result).toBe("done");
    expect(service.askedAt).toEqual([0, 260, 770, 1_780, 3_790, 7_800, 12_810, 17_820, 22_830]);
  });

  it("gives up after maxRefusedTime", async () => {
    const outcome = retry(() => Promise.reject(refusal), { maxRefusedTime: 5_000 }).catch(String);
    await vi.runAllTimersAsync();
    expect(await outcome).toMatch(/^RefusedError: the service has refused for 8 s, longer than .* \(5 s\)/);
    await expect(retry(() => {}, { maxRefusedTime: -1 })).rejects.toThrow(
      "maxRefusedTime must be 0 or more milliseconds, not -1",
    );
    await expect(retry(() => {}, { isRefusal: true as never })).rejects.toThrow(
      "isRefusal must be a function, not boolean true",
    );
  });
});

describe("tokens of a rate", () => {
  it("are charged as the option says, and settled by the lease of the job", async () => {
    const rate = new RateLimiter({ tokens: { limit: 100, interval: 1_000 } });
    const startedAt: number[] = [];
    const start = performance.now();
    const results = mapJobs(
      [60, 50, 40],
      async (tokens, { lease }) => {
        startedAt.push(performance.now() - start);
        lease?.settle(tokens === 60 ? 45 : tokens);
        return tokens;
      },
      { rate, tokens: (tokens) => tokens },
    );
    await vi.runAllTimersAsync();
    expect(await results).toEqual([60, 50, 40]);
    // 45 were used of the 60: the next 50 start at once, and the last 40 when the first have left.
    expect(startedAt).toEqual([0, 0, 1_000]);
  });

  it("and inputs are charged as the options say, also of a job that waits", async () => {
    const rate = new RateLimiter({
      tokens: { limit: 100, interval: 1_000 },
      inputs: { limit: 5, interval: 1_000 },
    });
    const startedAt: number[] = [];
    const start = performance.now();
    const results = mapJobs(
      [["a", "b", "c"], ["d", "e"], ["f"]],
      () => startedAt.push(performance.now() - start),
      {
        rate,
        tokens: () => 1,
        inputs: (texts) => texts.length,
      },
    );
    await vi.runAllTimersAsync();
    await results;
    expect(startedAt).toEqual([0, 0, 1_000]);
    // Only the last one has started within the last second.
    expect(rate.state).toMatchObject({ tokens: { free: 99 }, inputs: { free: 4 } });
  });

  it("are refused without a rate, or if the rate never allows so many", async () => {
    await expect(mapJobs([1], () => 1, { tokens: () => 1 })).rejects.toThrow(
      "tokens needs rate, which limits them; pass rate too, or omit tokens",
    );
    await expect(mapJobs([1], () => 1, { inputs: () => 1 })).rejects.toThrow(
      "inputs needs rate, which limits them; pass rate too, or omit inputs",
    );
    const rate = new RateLimiter({ tokens: { limit: 100, interval: 1_000 } });
    await expect(mapJobs([1], () => 1, { rate, tokens: () => 101 })).rejects.toThrow(
      "tokens: 101 is more than the limit of 100 in 1000 ms; it could never start",
    );
    expect(rate.waiting).toBe(0);
  });

  it("that cannot be counted fail the call, which keeps no permit", async () => {
    const rate = new RateLimiter({ tokens: { limit: 100, interval: 1_000 } });
    const workers = new Semaphore(2);
    const uncountable = new Error("no such text");
    const tokens = (): number => {
      throw uncountable;
    };
    await expect(mapJobs([1], () => 1, { rate, workers, tokens })).rejects.toBe(uncountable);
    expect(workers.available).toBe(2);
  });
});
