import assert from "node:assert/strict";
import type { RateLimiter } from "../limits/rate-limiter.ts";
import type { RateLimits } from "../limits/rate-options.ts";

/** A test of the suite. */
export interface LimiterCase {
  readonly name: string;
  /** @param open makes a limiter of one limit, as another process would */
  run(open: (limits: RateLimits) => Promise<RateLimiter>): Promise<void>;
}

/** Intervals of the tests, in milliseconds: short, but long beside what a busy machine takes for a turn. */
export const interval = 400;
/** How much later than its start a request may be noticed, in milliseconds, on a busy machine. */
const tolerance = 20;

/** When each of so many requests has started, by `performance.now()`. */
export function startsOf(limiter: RateLimiter, tokens: readonly number[]): Promise<number[]> {
  return Promise.all(
    tokens.map(async (each) => {
      const lease = await limiter.acquire({ tokens: each });
      const at = performance.now();
      lease.settle();
      return at;
    }),
  );
}

/** Asserts that no interval has more than the limit. */
export function assertKept(starts: readonly { at: number; amount: number }[], limit: number): void {
  const sorted = starts.toSorted((a, b) => a.at - b.at);
  let first = 0;
  let sum = 0;
  for (const { at, amount } of sorted) {
    sum += amount;
    while (sorted[first]!.at <= at - interval + tolerance) sum -= sorted[first++]!.amount;
    assert.ok(sum <= limit, `${sum} have started within ${interval} ms, where the limit is ${limit}`);
  }
}

/** Asserts that something does not happen before `milliseconds` have passed since `since`. */
export function assertLater(at: number, since: number, milliseconds: number, what: string): void {
  const after = Math.round(at - since);
  assert.ok(after >= milliseconds - tolerance, `${what} after ${after} ms, not after ${milliseconds} ms`);
}

/** Asserts that something happened soon: well before an interval has passed. */
export function assertSoon(at: number, since: number, what: string): void {
  const after = Math.round(at - since);
  assert.ok(after < interval * 0.75, `${what} only after ${after} ms`);
}
