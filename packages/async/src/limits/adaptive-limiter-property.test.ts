import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AdaptiveLimiter, type AdaptivePermit } from "../index.ts";
import { busy, takeAll } from "./test-adaptive-limiter.ts";
import { seeded } from "../../../../tests/seeded.ts";

describe("AdaptiveLimiter with a service whose capacity changes", () => {
  it.each([1, 2, 3])("uses most of the capacity, and is seldom refused (seed %i)", (seed) => {
    const { goodput, refused } = simulate(seed);
    // By the rule, about one request in 25 (4 %) may be refused, and as much of the capacity is unused while it grows again;
    // what is in service as the time ends may bring goodput a little above 1.
    expect(goodput).toBeGreaterThan(0.9);
    expect(goodput).toBeLessThan(1.02);
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(0.05);
  });
});

it("AdaptiveLimiter never exceeds the highest limit it had, and loses no permit", async () => {
  const endings = ["succeed", "refused", "failed", "release", "abort"] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.record({ min: fc.integer({ min: 1, max: 3 }), initial: fc.integer({ min: 3, max: 6 }) }),
      fc.array(fc.record({ ending: fc.constantFrom(...endings), waits: fc.nat({ max: 2 }) }), {
        maxLength: 60,
      }),
      async (scheduler, { min, initial }, users) => {
        const limiter = new AdaptiveLimiter({ min, max: 9, initial });
        let highest = initial;
        let running = 0;
        const check = (): void => {
          highest = Math.max(highest, limiter.limit);
          expect(limiter.limit).toBeGreaterThanOrEqual(min);
          expect(limiter.limit).toBeLessThanOrEqual(9);
          expect(running).toBeLessThanOrEqual(highest);
          expect(limiter.running).toBeLessThanOrEqual(highest);
          expect(limiter.running + limiter.available).toBe(limiter.limit);
        };
        const use = async ({ ending, waits }: (typeof users)[number]): Promise<void> => {
          const controller = new AbortController();
          if (ending === "abort") void scheduler.schedule(Promise.resolve()).then(() => controller.abort());
          let permit: AdaptivePermit;
          try {
            permit = await limiter.acquire({ signal: controller.signal });
          } catch (error) {
            expect(ending === "abort" && error === controller.signal.reason).toBe(true);
            return;
          }
          running++;
          check();
          for (let n = 0; n < waits; n++) await scheduler.schedule(Promise.resolve());
          running--;
          if (ending === "succeed") permit.succeed();
          else if (ending === "refused") permit.fail(busy);
          else if (ending === "failed") permit.fail(new Error("other"));
          else permit.release();
          check();
        };
        await scheduler.waitFor(Promise.all(users.map(use)));
        expect([limiter.running, limiter.waiting, limiter.available]).toEqual([0, 0, limiter.limit]);
      },
    ),
  );
});

/**
 * Two minutes of a service that does a request in 0.1 to 0.3 s, refuses in 10 ms what is beyond its capacity, and
 * changes that, from 5 to 100, every 10 to 30 s. There is always something to send.
 *
 * @returns goodput as a share of what keeps the service full, and the share of requests refused, the 0.4 s after
 *   each change left out
 */
function simulate(seed: number): { goodput: number; refused: number } {
  const random = seeded(seed);
  const limiter = new AdaptiveLimiter();
  const events: { at: number; happens(): void }[] = [];
  const later = (at: number, happens: () => void): void => {
    let index = events.length;
    while (index > 0 && events[index - 1]!.at < at) index--;
    events.splice(index, 0, { at, happens });
  };
  let capacity = 20;
  let possible = 0;
  let changedAt = -Infinity;
  let inService = 0;
  let done = 0;
  let sent = 0;
  let refused = 0;
  const change = (now: number): void => {
    changedAt = now;
    capacity = Math.round(5 * 20 ** random());
    const next = now + 10_000 + 20_000 * random();
    possible += (capacity * (Math.min(next, 120_000) - now)) / 200;
    if (next < 120_000) later(next, () => change(next));
  };
  change(0);
  for (let now = 0; now < 120_000;) {
    for (const permit of takeAll(limiter)) {
      const isLongAfterChange = now > changedAt + 400;
      if (isLongAfterChange) sent++;
      if (inService < capacity) {
        inService++;
        later(now + 100 + 200 * random(), () => {
          inService--;
          done++;
          permit.succeed();
        });
      } else {
        if (isLongAfterChange) refused++;
        later(now + 10, () => permit.fail(busy));
      }
    }
    const next = events.pop()!;
    now = next.at;
    next.happens();
  }
  return { goodput: done / possible, refused: refused / sent };
}
