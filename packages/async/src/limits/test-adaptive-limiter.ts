import { expect } from "vitest";
import { AdaptiveLimiter, type AdaptivePermit } from "../index.ts";

export const busy = Object.assign(new Error("too many requests"), { status: 429 });

/** Takes all permits that are free. */
export function takeAll(limiter: AdaptiveLimiter): AdaptivePermit[] {
  const permits: AdaptivePermit[] = [];
  for (let permit = limiter.tryAcquire(); permit !== undefined; permit = limiter.tryAcquire()) {
    permits.push(permit);
  }
  return permits;
}

/** A round of successes with the limit in use. */
export function goodRound(limiter: AdaptiveLimiter): number {
  for (const permit of takeAll(limiter)) permit.succeed();
  return limiter.limit;
}

/** A limiter whose limit has just fallen to 4 after a refusal. */
export function refusedAtFive(): AdaptiveLimiter {
  const limiter = new AdaptiveLimiter({ initial: 5 });
  const permits = takeAll(limiter);
  permits.pop()!.fail(busy);
  for (const permit of permits) permit.succeed();
  expect(limiter.limit).toBe(4);
  return limiter;
}
