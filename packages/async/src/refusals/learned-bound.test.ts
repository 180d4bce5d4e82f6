import { describe, expect, it } from "vitest";
import { LearnedBound } from "./learned-bound.ts";

const minute = 60_000;

/** A bound of 99, because 100 were accepted before two refusals. */
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
    // The largest of them counts.
    bound.refused(104, 2 * minute);
    expect(bound.limit).toBe(102);
  });

  it("is known after refusals that end with the window, or in a window that the service names", () => {
    const bound = new LearnedBound(minute);
    bound.refused(100, 0);
    bound.confirmed(100, 1);
    expect(bound.limit).toBe(99);
  });

  it("admits what fits, and a request that is alone whatever its size", () => {
    const bound = known();
    expect([bound.allows(98, 1, 0), bound.allows(99, 1, 0), bound.allows(0, 500, 0)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(new LearnedBound(minute).allows(1e6, 1e6, 0)).toBe(true);
  });

  it("grows by doubling steps, once per interval in which it has held back a request", () => {
    const bound = known();
    const limits: (number | undefined)[] = [];
    for (let at = minute; at <= 5 * minute; at += minute) {
      bound.allows(1_000, 1, at);
      limits.push(bound.limit);
    }
    // 99 + 2 %, + 4 %, + 8 %, + 16 %; the first check only holds back a request.
    expect(limits).toEqual([99, 101, 105, 113, 131]);
  });

  it("is lowered by a refusal slightly below it, and dropped by one well below it", () => {
    const bound = known();
    bound.refused(95, 2 * minute);
    expect(bound.limit).toBe(94);
    bound.refused(50, 3 * minute);
    expect(bound.limit).toBeUndefined();
    // It takes twice as many agreeing refusals to learn one again.
    for (const at of [4, 5]) bound.refused(50, at * minute);
    expect(bound.limit).toBeUndefined();
    bound.refused(50, 6 * minute);
    expect(bound.limit).toBe(49);
  });

  it("is dropped if refusals continue within it, unless it was useful meanwhile", () => {
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
