import { beforeEach, describe, expect, it, vi } from "vitest";
import { type RateLease, RateLimiter } from "../index.ts";
import { useFakeTime } from "../../../../tests/fake-time.ts";
import { seeded } from "../../../../tests/seeded.ts";

useFakeTime();

/** A limiter that limits nothing by itself. */
const open = (): RateLimiter => new RateLimiter({ requests: { limit: 1e9, interval: 1_000 } });

/** A service that lets `limit` requests through in any `interval`, and refuses the others after 5 ms. */
function service(limit: number, interval: number) {
  const passedAt: number[] = [];
  let refused = 0;
  return {
    passedAt,
    refused: () => refused,
    ask: async (lease: RateLease, words: { interval?: number } = {}): Promise<void> => {
      const now = performance.now();
      const passes = passedAt.filter((at) => at > now - interval).length < limit;
      if (passes) passedAt.push(now);
      else refused++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (passes) lease.settle();
      else lease.refused(words);
    },
  };
}

/** One loop sends for so many milliseconds, as fast as the limiter lets it. */
async function sendFor(
  milliseconds: number,
  limiter: RateLimiter,
  ask: (lease: RateLease) => Promise<void>,
): Promise<void> {
  const end = performance.now() + milliseconds;
  const loop = async (): Promise<void> => {
    while (performance.now() < end) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await ask(await limiter.acquire());
    }
  };
  void loop();
  await vi.advanceTimersByTimeAsync(milliseconds);
}

/** Lets the time pass that something takes. */
async function soon<T>(waited: Promise<T>): Promise<T> {
  await vi.advanceTimersByTimeAsync(10_000);
  return waited;
}

describe("a limiter whose service refuses", () => {
  it("sends one request at a time as a probe, and the others when one succeeds", async () => {
    const limiter = open();
    const first = await limiter.acquire();
    first.refused();
    const started: number[] = [];
    const leases: RateLease[] = [];
    for (const n of [0, 1, 2]) {
      void limiter.acquire().then((lease) => {
        leases.push(lease);
        return started.push(n);
      });
    }
    expect(limiter.tryAcquire()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(249);
    expect([started, limiter.state.refusedFor]).toEqual([[], 249]);
    await vi.advanceTimersByTimeAsync(1);
    expect(started).toEqual([0]);
    leases[0]!.refused();
    await vi.advanceTimersByTimeAsync(500);
    expect(started).toEqual([0, 1]);
    leases[1]!.settle();
    await vi.advanceTimersByTimeAsync(0);
    expect([started, limiter.state.refusedFor]).toEqual([[0, 1, 2], 0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits as long as the service asks", async () => {
    const limiter = open();
    (await limiter.acquire()).refused({ retryAfter: 30_000 });
    let started = false;
    void limiter.acquire().then(() => (started = true));
    await vi.advanceTimersByTimeAsync(30_499);
    expect(started).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(started).toBe(true);
  });

  it("does not wait forever for a probe whose end is never reported, or that was never sent", async () => {
    const limiter = open();
    (await limiter.acquire()).refused();
    await vi.advanceTimersByTimeAsync(250);
    expect(limiter.tryAcquire()).toBeDefined();
    expect(limiter.tryAcquire()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(60_000);
    limiter.tryAcquire()!.cancel();
    await vi.advanceTimersByTimeAsync(250);
    limiter.tryAcquire()!.settle();
    expect(limiter.tryAcquire()).toBeDefined();
  });

  it.each([
    [1_000, 20],
    [10_000, 50],
    [60_000, 200],
  ])("finds out that it lets some through in %d ms", async (interval, limit) => {
    const limiter = open();
    const { ask, passedAt, refused } = service(limit, interval);
    await sendFor(4 * interval, limiter, ask);
    const before = [passedAt.length, refused()] as const;
    await sendFor(10 * interval, limiter, ask);
    const passed = passedAt.length - before[0];
    expect(passed).toBeGreaterThan(0.9 * 10 * limit);
    // At most one in 25, to find out whether the limit has risen.
    expect(refused() - before[1]).toBeLessThan(0.04 * passed);
  });

  it("learns the limit after a few refusals if the service names its window", async () => {
    const limiter = open();
    const { ask, refused } = service(100, 60_000);
    await sendFor(120_000, limiter, (lease) => ask(lease, { interval: 60_000 }));
    // The first one, and three tries that show that it is no passing trouble; then those of a bound that grows.
    expect(refused()).toBeLessThanOrEqual(6);
  });

  it("is not held back by a named window if the service only asks for a short wait", async () => {
    const limiter = open();
    // A token bucket of 3, refilled by one every 20 ms: 50 a second, which is 3,000 in a minute.
    let [level, filledAt, passed] = [3, performance.now(), 0];
    await sendFor(60_000, limiter, async (lease) => {
      const now = performance.now();
      level = Math.min(3, level + (now - filledAt) / 20);
      filledAt = now;
      const passes = level >= 1;
      if (passes) level--;
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (!passes) return lease.refused({ retryAfter: 20, interval: 60_000 });
      passed++;
      lease.settle();
    });
    // At least half of the 3,000; a limit per minute would stop it after the first few.
    expect(passed).toBeGreaterThan(1_500);
  });

  it("learns nothing with learn: false", async () => {
    const limiter = new RateLimiter({ requests: { limit: 1e9, interval: 1_000 } }, { learn: false });
    const { ask, refused } = service(20, 1_000);
    await sendFor(10_000, limiter, ask);
    // At least once in each of the ten windows.
    expect(refused()).toBeGreaterThanOrEqual(10);
    expect(() => new RateLimiter({ requests: { limit: 1, interval: 1 } }, { learn: 1 as never })).toThrow(
      "learn must be true or false, not number 1",
    );
  });

  it("does not hold back for long if refusals are random", async () => {
    const limiter = open();
    let [asked, passed] = [0, 0];
    await sendFor(600_000, limiter, async (lease) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      // Every tenth, and then as many as it likes.
      if (++asked % 10 === 0) return lease.refused();
      passed++;
      lease.settle();
    });
    // One loop could do 6,000; a tenth are refused, and each time 250 ms pass: 4,400 are left. A fifth of them is a margin.
    expect(passed).toBeGreaterThan(3_500);
  });

  describe("whose service is down for a while", () => {
    let limiter: RateLimiter;
    beforeEach(() => void (limiter = open()));
    let isDown = false;
    let waits: number[] = [];

    async function send(): Promise<void> {
      const lease = await limiter.acquire();
      const isRefused = isDown;
      await new Promise((resolve) => setTimeout(resolve, 300));
      if (!isRefused) return lease.settle();
      lease.refused();
      return send();
    }

    /** Sends at a steady pace. */
    async function sendEvenly(seconds: number, perSecond: number): Promise<void> {
      for (let sent = 0; sent < seconds * perSecond; sent++) {
        const asked = performance.now();
        void send().then(() => waits.push(performance.now() - asked));
        // oxlint-disable-next-line no-await-in-loop -- one after another
        await vi.advanceTimersByTimeAsync(1_000 / perSecond);
      }
    }

    async function beDown(seconds: number): Promise<void> {
      isDown = true;
      await sendEvenly(seconds, 2);
      isDown = false;
      // The next probe comes within five seconds; then everything that waited is sent.
      await sendEvenly(8, 2);
    }

    it.each(Array.from({ length: 13 }, (_, half) => [5 + half / 2]))(
      "takes for no limit what a quiet caller sent before %d s of it",
      async (outage) => {
        await sendEvenly(1, 2);
        await beDown(outage);
        waits = [];
        await sendEvenly(60, 2);
        expect(Math.max(...waits)).toBeLessThan(1_000);
      },
    );

    it("sends all that has waited at once, however often it is down", async () => {
      await sendEvenly(10, 4);
      for (let time = 0; time < 4; time++) {
        isDown = true;
        // oxlint-disable-next-line no-await-in-loop -- one after another
        await sendEvenly(5, 4);
        isDown = false;
        // The next probe comes within five seconds; then everything that waited is sent.
        // oxlint-disable-next-line no-await-in-loop
        await sendEvenly(7, 4);
        waits = [];
        // oxlint-disable-next-line no-await-in-loop
        await sendEvenly(10, 4);
        expect(Math.max(...waits)).toBeLessThan(1_000);
      }
    });

    it("takes for no limit what it sent steadily before each of two times", async () => {
      for (const outage of [4, 7]) {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        await sendEvenly(30, 2);
        // oxlint-disable-next-line no-await-in-loop
        await beDown(outage);
      }
      waits = [];
      await sendEvenly(60, 10);
      expect(waits.length).toBeGreaterThan(590);
      expect(Math.max(...waits)).toBeLessThan(1_000);
    });
  });

  describe("whose service has a limit of a second, and is down for a while", () => {
    const most = 10;
    let limiter: RateLimiter;
    let isDown = false;
    let cause: unknown;
    let accepted: number[] = [];
    let waiting = 0;
    beforeEach(() => {
      limiter = open();
      [isDown, cause, accepted, waiting] = [false, undefined, [], 0];
    });

    /** A caller that leaves after three seconds. Resolves to whether it was answered. */
    async function ask(): Promise<boolean> {
      const controller = new AbortController();
      const { signal } = controller;
      setTimeout(() => controller.abort(), 3_000);
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- one attempt after another
        const lease = await limiter.acquire({ signal }).catch(() => undefined);
        if (lease === undefined) return false;
        const now = performance.now();
        const window = accepted.filter((at) => at > now - 1_000);
        const isFull = window.length >= most;
        const isRefused = isDown || isFull;
        if (!isRefused) accepted.push(now);
        // oxlint-disable-next-line no-await-in-loop
        await new Promise((resolve) => setTimeout(resolve, 150));
        if (signal.aborted) {
          lease.cut();
          return false;
        }
        if (!isRefused) {
          lease.settle();
          return true;
        }
        lease.refused({ cause, ...(!isDown && { retryAfter: window[0]! + 1_000 - now }) });
      }
    }

    /** Eight callers a second, of which no more than twenty are served at a time. Returns the part that was answered. */
    async function serveFor(seconds: number): Promise<number> {
      let answered = 0;
      for (let sent = 0; sent < seconds * 8; sent++) {
        if (waiting < 20) {
          waiting++;
          void ask().then((isAnswered) => {
            waiting--;
            if (isAnswered) answered++;
          });
        }
        // oxlint-disable-next-line no-await-in-loop -- one after another
        await vi.advanceTimersByTimeAsync(125);
      }
      return answered / (seconds * 8);
    }

    it.each([3, 4, 6])("learns nothing while the service is not reached for %d s", async (outage) => {
      await serveFor(4);
      isDown = true;
      cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
      await serveFor(outage);
      // The next probe comes within five seconds.
      isDown = false;
      cause = undefined;
      for (let half = 0; half < 10; half++) {
        // oxlint-disable-next-line no-await-in-loop
        await serveFor(0.5);
        expect(limiter.state.learned.filter(({ interval }) => interval > 1_000)).toEqual([]);
      }
    });

    it.each([2, 3, 4, 5, 6, 8])("answers again soon after %d s of refusals", async (outage) => {
      await serveFor(4);
      isDown = true;
      await serveFor(outage);
      isDown = false;
      await serveFor(10);
      expect(await serveFor(40)).toBeGreaterThan(0.95);
    });
  });

  it("takes no window that the service has named for the reason why it is not reached", async () => {
    const limiter = open();
    const named = await limiter.acquire();
    named.refused({ interval: 60_000 });
    // The probe shows that it is over.
    (await soon(limiter.acquire())).settle();
    for (let sent = 0; sent < 20; sent++) limiter.tryAcquire()!.settle();
    const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    limiter.tryAcquire()!.refused({ cause });
    for (let probes = 0; probes < 3; probes++) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      (await soon(limiter.acquire())).refused({ cause });
    }
    expect(limiter.state.learned).toEqual([]);
  });

  it("lets as much through as without learning if refusals of few callers are random", async () => {
    const passed = async (learn: boolean): Promise<number> => {
      const random = seeded(1);
      const limiter = new RateLimiter({ requests: { limit: 1e9, interval: 1_000 } }, { learn });
      let count = 0;
      const ask = async (lease: RateLease): Promise<void> => {
        const isRefused = random() < 0.1;
        await new Promise((resolve) => setTimeout(resolve, isRefused ? 20 : 150 + 300 * random()));
        if (isRefused) return lease.refused();
        count++;
        lease.settle();
      };
      const end = performance.now() + 200_000;
      const caller = async (): Promise<void> => {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        while (performance.now() < end) await ask(await limiter.acquire());
      };
      for (let callers = 0; callers < 4; callers++) void caller();
      await vi.advanceTimersByTimeAsync(200_000);
      return count;
    };
    expect((await passed(true)) / (await passed(false))).toBeGreaterThan(0.97);
  });

  it.each([
    [{ retryAfter: "5" }, 'retryAfter must be a number of milliseconds, not the string "5"'],
    [{ retryAfter: -5 }, "retryAfter must be 0 or more milliseconds, not -5"],
    [{ interval: Number.NaN }, "interval must be 0 or more milliseconds, not NaN"],
    [null, "refused takes { retryAfter, interval }, not null"],
  ])("refuses to be told %j", async (refusal, message) => {
    const lease = await open().acquire();
    expect(() => lease.refused(refusal as never)).toThrow(message);
  });
});

describe("a limiter that is paused", () => {
  it("starts nothing until it is resumed, and waiting requests can be aborted", async () => {
    const limiter = open();
    limiter.pause();
    const controller = new AbortController();
    const aborted = limiter.acquire({ signal: controller.signal }).catch(String);
    let started = false;
    void limiter.acquire().then(() => (started = true));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect([started, limiter.tryAcquire(), limiter.state.pausedFor]).toEqual([false, undefined, Infinity]);
    controller.abort("enough");
    expect(await aborted).toBe("enough");
    limiter.resume();
    await vi.advanceTimersByTimeAsync(0);
    expect([started, limiter.state.pausedFor, vi.getTimerCount()]).toEqual([true, 0, 0]);
  });

  it("still waits as long as a service has asked after it is resumed", async () => {
    const limiter = open();
    limiter.pauseUntil(Date.now() + 1_000);
    limiter.pause();
    limiter.resume();
    expect(limiter.tryAcquire()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(limiter.tryAcquire()).toBeDefined();
  });
});

describe("what is learned from refusals", () => {
  /** What a service accepts of twenty callers that send without a pause: as a fraction of its limits, minute by minute. */
  async function shares(
    limits: readonly (readonly [limit: number, interval: number])[],
    minutes: number,
    asks: boolean,
    tokens?: { readonly estimated: number; readonly reported: number },
  ) {
    const random = seeded(1);
    const limiter = open();
    const passedAt: number[] = [];
    let [passed, refused] = [0, 0];
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
    const end = performance.now() + minutes * 60_000;
    const caller = async (): Promise<void> => {
      while (performance.now() < end) {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        const lease = await limiter.acquire(tokens && { tokens: tokens.estimated });
        // oxlint-disable-next-line no-await-in-loop
        await sleep(3 * random());
        const now = performance.now();
        const full = limits.find(([limit, interval]) => (passedAt.at(-limit) ?? -Infinity) > now - interval);
        if (full === undefined) {
          passedAt.push(now);
          passed++;
        } else refused++;
        // oxlint-disable-next-line no-await-in-loop
        await sleep(full === undefined ? 50 + 5 * random() : 2);
        if (full === undefined) lease.settle(tokens?.reported);
        else lease.refused(asks ? { retryAfter: full[1] } : {});
      }
    };
    for (let i = 0; i < 20; i++) void caller();
    const most = Math.min(...limits.map(([limit, interval]) => (limit * 60_000) / interval));
    const each: number[] = [];
    for (let minute = 0; minute < minutes; minute++) {
      const before = passed;
      // oxlint-disable-next-line no-await-in-loop
      await vi.advanceTimersByTimeAsync(60_000);
      each.push((passed - before) / most);
    }
    return { each, refused: refused / (passed + refused), learned: limiter.state.learned };
  }

  it.each<[limits: [number, number][], asks: boolean]>([
    [[[5, 1_000]], true],
    [[[5, 1_000]], false],
    [[[10, 1_000]], true],
    [[[10, 1_000]], false],
    [[[100, 10_000]], true],
    [[[500, 60_000]], false],
    [
      [
        [20, 1_000],
        [500, 60_000],
      ],
      true,
    ],
    [
      [
        [20, 1_000],
        [100, 10_000],
      ],
      false,
    ],
  ])("keeps %j busy for a quarter of an hour (with Retry-After: %s)", async (limits, asks) => {
    const { each, refused, learned } = await shares(limits, 15, asks);
    expect(Math.min(...each)).toBeGreaterThan(0.8);
    // It does not decay.
    expect(each.slice(-5).reduce((sum, share) => sum + share, 0) / 5).toBeGreaterThan(0.86);
    expect(refused).toBeLessThan(0.05);
    const [limit, interval] = limits.at(-1)!;
    const known = learned.find((bound) => bound.interval === interval)?.requests;
    expect(known! / limit).toBeGreaterThan(0.9);
    expect(known! / limit).toBeLessThan(1.25);
  });

  it.each([true, false])(
    "is a number of tokens as the service reports them, not as they are estimated (with Retry-After: %s)",
    async (asks) => {
      const { each } = await shares([[10, 1_000]], 5, asks, { estimated: 2_000, reported: 100 });
      expect(Math.min(...each)).toBeGreaterThan(0.85);
    },
  );
});
