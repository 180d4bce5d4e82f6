import assert from "node:assert/strict";
import { assertKept, assertLater, assertSoon, interval, type LimiterCase, startsOf } from "./limiter-case.ts";

const ones = (count: number): number[] => Array.from({ length: count }, () => 1);

/** What a limiter does for the requests of one process. */
export const alone: readonly LimiterCase[] = [
  {
    name: "starts requests at once while there is room",
    async run(open) {
      const limiter = await open({ requests: { limit: 20, interval } });
      const since = performance.now();
      for (const at of await startsOf(limiter, ones(20)))
        assertSoon(at, since, "a request within the limit started");
    },
  },
  {
    name: "starts no more requests than the limit in any interval",
    async run(open) {
      const limiter = await open({ requests: { limit: 5, interval } });
      const starts = await startsOf(limiter, ones(13));
      assertKept(
        starts.map((at) => ({ at, amount: 1 })),
        5,
      );
    },
  },
  {
    name: "uses the limit: three intervals' requests take little more than two intervals",
    async run(open) {
      // A turn that takes long on a busy machine counts less in a longer interval.
      const second = 1_000;
      const limiter = await open({ requests: { limit: 30, interval: second } });
      const since = performance.now();
      const last = Math.max(...(await startsOf(limiter, ones(90))));
      assert.ok(last - since < 3 * second, `they took ${Math.round(last - since)} ms`);
    },
  },
  {
    name: "starts no more tokens than the limit in any interval",
    async run(open) {
      const limiter = await open({ tokens: { limit: 100, interval } });
      const tokens = [60, 30, 20, 50, 100, 10, 90];
      const starts = await startsOf(limiter, tokens);
      assertKept(
        starts.map((at, index) => ({ at, amount: tokens[index]! })),
        100,
      );
    },
  },
  {
    name: "keeps requests, tokens and inputs at the same time",
    async run(open) {
      const limiter = await open({
        requests: { limit: 6, interval },
        tokens: { limit: 100, interval },
        inputs: { limit: 10, interval },
      });
      const plans = Array.from({ length: 14 }, (_, index) => ({
        tokens: (index * 7) % 40,
        inputs: (index * 3) % 5,
      }));
      const starts = await Promise.all(
        plans.map(async (plan) => {
          await limiter.acquire(plan);
          return performance.now();
        }),
      );
      assertKept(
        starts.map((at) => ({ at, amount: 1 })),
        6,
      );
      assertKept(
        starts.map((at, index) => ({ at, amount: plans[index]!.tokens })),
        100,
      );
      assertKept(
        starts.map((at, index) => ({ at, amount: plans[index]!.inputs })),
        10,
      );
    },
  },
  {
    name: "starts requests in the order in which they came, also behind one that needs many tokens",
    async run(open) {
      const limiter = await open({ tokens: { limit: 100, interval } });
      const order: number[] = [];
      await Promise.all(
        [90, 80, 5, 5].map(async (tokens, index) => {
          await limiter.acquire({ tokens });
          order.push(index);
        }),
      );
      assert.deepEqual(order, [0, 1, 2, 3]);
    },
  },
  {
    name: "has room for others if a request used fewer tokens",
    async run(open) {
      const limiter = await open({ tokens: { limit: 100, interval: 60_000 } });
      const lease = await limiter.acquire({ tokens: 100 });
      const next = limiter.acquire({ tokens: 70 });
      lease.settle(20);
      await next;
    },
  },
  {
    name: "charges what a request used beyond its estimate",
    async run(open) {
      const limiter = await open({ tokens: { limit: 100, interval } });
      const since = performance.now();
      const lease = await limiter.acquire({ tokens: 10 });
      lease.settle(100);
      await limiter.acquire({ tokens: 50 });
      assertLater(performance.now(), since, interval, "the next request started");
    },
  },
  {
    name: "has room again after a request was cancelled",
    async run(open) {
      const limiter = await open({ requests: { limit: 1, interval: 60_000 } });
      const lease = await limiter.acquire();
      const next = limiter.acquire();
      lease.cancel();
      await next;
    },
  },
  {
    name: "refuses what is more than the limit, and what is no whole number",
    async run(open) {
      const limiter = await open({ tokens: { limit: 100, interval } });
      await assert.rejects(limiter.acquire({ tokens: 101 }), RangeError);
      await assert.rejects(limiter.acquire({ tokens: 1.5 }), RangeError);
    },
  },
  {
    name: "ends the wait of a request that is aborted, and starts those behind it",
    async run(open) {
      const limiter = await open({ tokens: { limit: 100, interval } });
      await limiter.acquire({ tokens: 60 });
      const reason = new Error("not needed");
      const abort = new AbortController();
      const large = limiter.acquire({ tokens: 100, signal: abort.signal });
      const small = limiter.acquire({ tokens: 30 });
      abort.abort(reason);
      await assert.rejects(large, reason);
      await small;
    },
  },
  {
    name: "rejects what waits when it is closed, and what comes later",
    async run(open) {
      const limiter = await open({ requests: { limit: 1, interval: 60_000 } });
      await limiter.acquire();
      const waiting = limiter.acquire();
      const reason = new Error("over");
      limiter.close(reason);
      await assert.rejects(waiting, reason);
      await assert.rejects(limiter.acquire(), reason);
    },
  },
  {
    name: "starts nothing until the time that a service has stated",
    async run(open) {
      const limiter = await open({ requests: { limit: 10, interval } });
      const since = performance.now();
      limiter.pauseUntil(Date.now() + 200);
      await limiter.acquire();
      assertLater(performance.now(), since, 200, "a request started");
    },
  },
  {
    name: "starts nothing while it is paused",
    async run(open) {
      const limiter = await open({ requests: { limit: 10, interval } });
      let hasStarted = false;
      limiter.pause();
      const waiting = limiter.acquire().then(() => void (hasStarted = true));
      await Promise.resolve();
      assert.equal(hasStarted, false);
      assert.equal(limiter.waiting, 1);
      limiter.resume();
      await waiting;
    },
  },
  {
    name: "waits if a service says that less is left",
    async run(open) {
      const limiter = await open({ requests: { limit: 10, interval } });
      const lease = await limiter.acquire();
      lease.settle();
      const since = performance.now();
      limiter.observe({ requests: { remaining: 0, reset: 200 } }, lease);
      // What this process holds already may start.
      while (limiter.tryAcquire() !== undefined);
      await limiter.acquire();
      assertLater(performance.now(), since, 200, "a request started");
    },
  },
  {
    name: "takes over a lower limit that a service reports",
    async run(open) {
      const limiter = await open({ tokens: { limit: 100, interval } });
      limiter.observe({ tokens: { limit: 50 } });
      await assert.rejects(limiter.acquire({ tokens: 60 }), RangeError);
    },
  },
];
