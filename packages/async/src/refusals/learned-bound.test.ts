import { describe, expect, it } from "vitest";
import { LearnedBound } from "./learned-bound.ts";

const minute = 60_000;

/** A bound of 99, as 100 were let through before two refusals. */
function known(): LearnedBound {
  const bound = new LearnedBound(minute);
  bound.refused(100, 0);
  bound.refused(100, minute);
  expect(bound.limit).toBe(99);
  return bound;
}

describe("a learned bound", () => {
  it("is known after refusals of two windows that agree", () => {
    const bound = new LearnedBound(minute);
    bound.refused(80, 0);
    bound.refused(100, minute);
    expect(bound.limit).toBeUndefined();
    bound.refused(97, 2 * minute);
    expect(bound.limit).toBe(96);
  });

  it("is not known after refusals of one window, however much they agree", () => {
    const bound = new LearnedBound(minute);
    for (const passed of [96, 97, 98, 99, 100]) bound.refused(passed, 100 * passed);
    expect(bound.limit).toBeUndefined();
    // The most of them counts.
    bound.refused(104, 2 * minute);
    expect(bound.limit).toBe(102);
  });

  it("is known after refusals that end with the window, or last in one that is named", () => {
    const bound = new LearnedBound(minute);
    bound.refused(100, 0);
    bound.confirmed(100, 1);
    expect(bound.limit).toBe(99);
  });

  it("lets through what it may, and a thing that is alone whatever it takes", () => {
    const bound = known();
    expect([bound.allows(98, 1, 0), bound.allows(99, 1, 0), bound.allows(0, 500, 0)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(new LearnedBound(minute).allows(1e6, 1e6, 0)).toBe(true);
  });

  it("grows by steps that double, once in an interval in which it has held somebody back", () => {
    const bound = known();
    const limits: (number | undefined)[] = [];
    for (let at = minute; at <= 5 * minute; at += minute) {
      bound.allows(1_000, 1, at);
      limits.push(bound.limit);
    }
    // 99 + 2 %, + 4 %, + 8 %, + 16 %; the first look only holds somebody back.
    expect(limits).toEqual([99, 101, 105, 113, 131]);
  });

  it("is lower after a refusal of a little less, and goes after one of much less", () => {
    const bound = known();
    bound.refused(95, 2 * minute);
    expect(bound.limit).toBe(94);
    bound.refused(50, 3 * minute);
    expect(bound.limit).toBeUndefined();
    // It takes twice as many refusals that agree to believe in one again.
    for (const at of [4, 5]) bound.refused(50, at * minute);
    expect(bound.limit).toBeUndefined();
    bound.refused(50, 6 * minute);
    expect(bound.limit).toBe(49);
  });

  it("goes where refusals go on though it is kept, unless it has served meanwhile", () => {
    const useless = known();
    const useful = known();
    for (const at of [2, 3, 4]) {
      useless.refused(99, at * minute);
      useful.served(99);
      useful.refused(99, at * minute);
    }
    // 99 % of 99, of 98 and of 97, in whole numbers.
    expect([useless.limit, useful.limit]).toEqual([undefined, 96]);
  });
});
