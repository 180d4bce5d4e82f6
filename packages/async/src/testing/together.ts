import assert from "node:assert/strict";
import { assertKept, assertLater, assertSoon, interval, type LimiterCase, startsOf } from "./limiter-case.ts";

const ones = (count: number): number[] => Array.from({ length: count }, () => 1);

/** What limiters of several processes do together. */
export const together: readonly LimiterCase[] = [
  {
    name: "starts no more requests than the limit over all processes",
    async run(open) {
      const limits = { requests: { limit: 12, interval } };
      const limiters = await Promise.all([open(limits), open(limits), open(limits)]);
      const starts = await Promise.all(limiters.map((limiter) => startsOf(limiter, ones(12))));
      assertKept(
        starts.flat().map((at) => ({ at, amount: 1 })),
        12,
      );
    },
  },
  {
    name: "starts no more tokens than the limit over all processes",
    async run(open) {
      const limits = { tokens: { limit: 100, interval } };
      const limiters = await Promise.all([open(limits), open(limits)]);
      const tokens = [30, 45, 10, 25, 60];
      const starts = await Promise.all(limiters.map((limiter) => startsOf(limiter, tokens)));
      const all = starts.flatMap((each) => each.map((at, index) => ({ at, amount: tokens[index]! })));
      assertKept(all, 100);
    },
  },
  {
    name: "lets one process use what others do not",
    async run(open) {
      const limits = { requests: { limit: 20, interval } };
      const [busy, idle] = await Promise.all([open(limits), open(limits)]);
      await idle.acquire();
      const since = performance.now();
      for (const at of await startsOf(busy, ones(19)))
        assertSoon(at, since, "a request within the limit started");
    },
  },
  {
    name: "gives a process that comes later its share",
    async run(open) {
      const limits = { requests: { limit: 20, interval } };
      const [first, second] = await Promise.all([open(limits), open(limits)]);
      const begun = first.acquire();
      const busy = startsOf(first, ones(79));
      await begun;
      const late = await startsOf(second, ones(20));
      const before = (await busy).filter((at) => at < Math.max(...late)).length;
      assert.ok(before <= 70, `it had to wait for ${before} requests of one that had asked before`);
    },
  },
  {
    name: "does not let a large request starve",
    async run(open) {
      const limits = { tokens: { limit: 100, interval } };
      const [large, small] = await Promise.all([open(limits), open(limits)]);
      const begun = small.acquire({ tokens: 10 });
      const busy = startsOf(
        small,
        Array.from({ length: 60 }, () => 10),
      );
      await begun;
      await large.acquire({ tokens: 100 });
      const at = performance.now();
      const before = (await busy).filter((each) => each < at).length;
      assert.ok(before < 60, "it started after all that had asked before it, and after all that came later");
    },
  },
  {
    name: "frees what a process has used that is gone, one interval later",
    async run(open) {
      const limits = { requests: { limit: 5, interval } };
      const [gone, other] = await Promise.all([open(limits), open(limits)]);
      const since = performance.now();
      await startsOf(gone, ones(5));
      await other.acquire();
      assertLater(performance.now(), since, interval, "a request started");
      assert.ok(performance.now() - since < 3 * interval, "it waited for more than two intervals");
    },
  },
  {
    name: "holds all processes back within 100 ms if one was asked to wait",
    async run(open) {
      const limits = { requests: { limit: 100, interval } };
      const [one, other] = await Promise.all([open(limits), open(limits)]);
      await Promise.all([one.acquire(), other.acquire()]);
      const since = performance.now();
      one.pauseUntil(Date.now() + 30_000);
      while (other.state.pausedFor === 0 && performance.now() - since < 5_000) {
        // oxlint-disable-next-line no-await-in-loop -- until it has heard
        await turn();
      }
      assertSoon(performance.now(), since, "the other process heard of it");
      assert.ok(other.state.pausedFor > 25_000, `it is paused for ${other.state.pausedFor} ms`);
    },
  },
  {
    name: "holds all processes back if a request of one was refused with a time to wait",
    async run(open) {
      const limits = { requests: { limit: 100, interval } };
      const [one, other] = await Promise.all([open(limits), open(limits)]);
      await other.acquire();
      const lease = await one.acquire();
      const since = performance.now();
      lease.refused({ retryAfter: 30_000 });
      while (other.state.pausedFor === 0 && performance.now() - since < 5_000) {
        // oxlint-disable-next-line no-await-in-loop -- until it has heard
        await turn();
      }
      assert.ok(other.state.pausedFor > 25_000, `it is paused for ${other.state.pausedFor} ms`);
    },
  },
  {
    name: "has room for others when a process is closed that has not used all it was granted",
    async run(open) {
      const limits = { requests: { limit: 4, interval: 60_000 } };
      const [one, other] = await Promise.all([open(limits), open(limits)]);
      const leases = await Promise.all([one.acquire(), one.acquire(), one.acquire(), one.acquire()]);
      for (const lease of leases.slice(1)) lease.cancel();
      await (one as unknown as AsyncDisposable)[Symbol.asyncDispose]();
      await Promise.all([other.acquire(), other.acquire(), other.acquire()]);
    },
  },
  {
    name: "refuses an interval that differs from that of the others",
    async run(open) {
      const one = await open({ requests: { limit: 4, interval } });
      await one.acquire();
      const other = await open({ requests: { limit: 4, interval: 2 * interval } });
      await assert.rejects(other.acquire(), RangeError);
    },
  },
];

/** Lets everything else run. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
}
