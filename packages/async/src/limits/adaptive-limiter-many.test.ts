import { expect, it } from "vitest";
import { AdaptiveLimiter, type AdaptivePermit } from "../index.ts";
import { busy, takeAll } from "./test-adaptive-limiter.ts";
import { seeded } from "../../../../tests/seeded.ts";

it.each([1, 2, 3])("a process that starts late comes to an equal share (seed %i)", (seed) => {
  const { done } = simulate({
    seed,
    capacity: 160,
    transit: 0,
    lateBy: 20_000,
    from: 80_000,
    until: 140_000,
  });
  // It got next to nothing as long as limits only fell to what got through: the others kept what they had.
  expect(Math.min(...done) / mean(done)).toBeGreaterThan(0.6);
  expect(mean(done)).toBeGreaterThan(0.9 * (160 / 8) * (60 / 0.2));
});

it.each([1, 2, 3])("eight processes with few requests each are seldom refused (seed %i)", (seed) => {
  const { done, refused } = simulate({
    seed,
    capacity: 24,
    transit: 5,
    lateBy: 0,
    from: 10_000,
    until: 70_000,
  });
  // At three requests at once for each, they were refused nine times out of ten as long as a refusal of a single
  // request made a limiter ignore those that followed.
  expect(refused / (refused + 8 * mean(done))).toBeLessThan(0.1);
  expect(mean(done)).toBeGreaterThan(0.85 * (24 / 8) * (60 / 0.2));
});

function mean(figures: readonly number[]): number {
  return figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
}

interface Simulation {
  readonly seed: number;
  /** How many requests at once the service accepts. */
  readonly capacity: number;
  /** Milliseconds from a process to the service, and back. */
  readonly transit: number;
  /** When the first process starts, in milliseconds. */
  readonly lateBy: number;
  /** What is counted, in milliseconds from the start. */
  readonly from: number;
  readonly until: number;
}

/**
 * Eight processes that always have something to send to one service, which does a request in 0.1 to 0.3 s, and refuses in
 * 10 ms what is beyond its capacity.
 *
 * @returns the successes of each, and the refusals of all
 */
function simulate({ seed, capacity, transit, lateBy, from, until }: Simulation): {
  done: number[];
  refused: number;
} {
  const random = seeded(seed);
  const limiters = Array.from({ length: 8 }, () => new AdaptiveLimiter());
  const done = limiters.map(() => 0);
  let refused = 0;
  let inService = 0;
  let now = 0;
  const events: { at: number; happens(): void }[] = [];
  const later = (wait: number, happens: () => void): void => {
    const at = now + wait;
    let index = events.length;
    while (index > 0 && events[index - 1]!.at <= at) index--;
    events.splice(index, 0, { at, happens });
  };
  const arrive = (permit: AdaptivePermit, process: number): void => {
    const counts = now >= from;
    if (inService === capacity) {
      if (counts) refused++;
      return later(10 + transit, () => permit.fail(busy));
    }
    inService++;
    later(100 + 200 * random(), () => {
      inService--;
      if (counts) done[process]!++;
      later(transit, () => permit.succeed());
    });
  };
  later(lateBy, () => {});
  while (now < until) {
    for (const [process, limiter] of limiters.entries()) {
      if (process === 0 && now < lateBy) continue;
      for (const permit of takeAll(limiter)) later(transit, () => arrive(permit, process));
    }
    const next = events.pop()!;
    now = next.at;
    next.happens();
  }
  return { done, refused };
}
