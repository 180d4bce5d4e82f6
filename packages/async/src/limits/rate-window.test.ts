import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RateWindow } from "./rate-window.ts";

describe("RateWindow", () => {
  it("expires charges when they are due, and returns how much that was", () => {
    const window = new RateWindow();
    expect([window.used, window.nextExpiry]).toEqual([0, Number.POSITIVE_INFINITY]);
    window.add(3, 100, 1);
    window.add(4, 110, 1);
    expect([window.used, window.nextExpiry]).toEqual([7, 100]);
    expect(window.expire(99)).toBe(0);
    expect(window.expire(100)).toBe(3);
    expect([window.used, window.nextExpiry]).toEqual([4, 110]);
    expect(window.expire(1000)).toBe(4);
    expect([window.used, window.nextExpiry]).toEqual([0, Number.POSITIVE_INFINITY]);
    window.add(5, 1100, 1);
    expect([window.used, window.nextExpiry]).toEqual([5, 1100]);
  });

  it("keeps charges that are close together until the last of them expires", () => {
    const window = new RateWindow();
    const slot = window.add(1, 100, 10);
    expect(window.add(2, 109, 10)).toBe(slot);
    expect(window.add(4, 110, 10)).not.toBe(slot);
    expect(window.expire(108)).toBe(0);
    expect(window.expire(109)).toBe(3);
    expect(window.expire(110)).toBe(4);
  });

  it("keeps none for less time than those before it", () => {
    const window = new RateWindow();
    window.add(1, 100, 1);
    window.add(2, 50, 1);
    expect(window.expire(99)).toBe(0);
    expect(window.expire(100)).toBe(3);
  });

  it("corrects charges, except those that have expired", () => {
    const window = new RateWindow();
    const slot = window.add(5, 100, 1);
    window.correct(slot, -3);
    expect(window.used).toBe(2);
    window.correct(slot, 10);
    expect(window.expire(100)).toBe(12);
    window.add(1, 150, 1);
    window.correct(slot, -7);
    expect(window.used).toBe(1);
    expect(window.expire(150)).toBe(1);
  });

  it("does not keep later slots alive for a slot that a lease holds", () => {
    const window = new RateWindow();
    const slot = window.add(1, 100, 1);
    window.add(1, 200, 1);
    expect(slot.next).toBeDefined();
    window.expire(100);
    expect(slot.next).toBeUndefined();
  });

  it("keeps each charge for its time, less than the width longer, in a bounded number of slots", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 30 }), fc.integer({ min: 1, max: 9 })), { maxLength: 400 }),
        fc.integer({ min: 1, max: 40 }),
        (charges, width) => {
          const window = new RateWindow();
          const interval = 200;
          const made: { readonly until: number; readonly amount: number }[] = [];
          let now = 0;
          for (const [pause, amount] of charges) {
            now += pause;
            window.expire(now);
            window.add(amount, now + interval, width);
            made.push({ until: now + interval, amount });
            const sum = (since: number): number =>
              made.filter(({ until }) => until > since).reduce((all, each) => all + each.amount, 0);
            expect(window.used).toBeGreaterThanOrEqual(sum(now));
            // Times are whole here, and so it is `width - 1` longer at the most.
            expect(window.used).toBeLessThanOrEqual(sum(now - (width - 1)));
          }
          let slots = 0;
          for (; window.used > 0; slots++) window.expire(window.nextExpiry);
          expect(slots).toBeLessThanOrEqual(Math.ceil(interval / width) + 1);
        },
      ),
    );
  });
});
