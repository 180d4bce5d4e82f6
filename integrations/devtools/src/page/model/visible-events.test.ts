import { describe, expect, it } from "vitest";
import type { PageEvent } from "./page-event.ts";
import { eventAt, seenOf, visiblePieces } from "./visible-events.ts";

const event = (start: number, end: number, status: PageEvent["status"] = "ok"): PageEvent =>
  ({ start, end, status }) as PageEvent;

describe("seenOf", () => {
  it.each([
    ["all of it, with a margin on both sides", { from: 990, to: 2_010 }, 1_000],
    ["a part", { from: 1_200, to: 1_500 }, 300],
    ["its end, and what comes after", { from: 1_900, to: 2_700 }, 100],
    ["nothing of it", { from: 3_000, to: 3_100 }, 0],
  ])("is never more than the run: %s", (_what, seen, length) => {
    expect(seenOf({ from: 1_000, to: 2_000 }, seen)).toBe(length);
  });
});

describe("visiblePieces", () => {
  it("leaves out what is before and after", () => {
    const row = [event(0, 1), event(2, 8), event(9, 10), event(20, 21)];
    expect(visiblePieces(row, 5, 15, 0.1, 0).map(({ from, to }) => [from, to])).toEqual([
      [2, 8],
      [9, 10],
    ]);
  });

  it("draws events that share a pixel as one, and shows that one of them failed", () => {
    const row = [event(0, 0.1), event(0.2, 0.3, "error"), event(0.4, 0.5), event(5, 9)];
    expect(visiblePieces(row, 0, 10, 1, 0)).toMatchObject([
      { from: 0, to: 0.5, count: 3, hasFailed: true },
      { from: 5, to: 9, count: 1, hasFailed: false },
    ]);
  });

  it("makes no more pieces than there are pixels", () => {
    const row = Array.from({ length: 100_000 }, (_, index) => event(index, index + 0.5));
    expect(visiblePieces(row, 0, 100_000, 100, 0).length).toBeLessThanOrEqual(1_000);
  });

  it("draws an open event up to now", () => {
    expect(visiblePieces([event(0, Number.NaN, "open")], 0, 10, 0.1, 7)).toMatchObject([{ from: 0, to: 7 }]);
  });
});

describe("eventAt", () => {
  const row = [event(0, 1), event(5, 6), event(6.5, 7)];

  it("is the event at that time, or the nearest that is near", () => {
    expect(eventAt(row, 5.5, 0.1, 0)).toBe(row[1]);
    expect(eventAt(row, 6.4, 0.2, 0)).toBe(row[2]);
    expect(eventAt(row, 6.1, 0.2, 0)).toBe(row[1]);
    expect(eventAt(row, 3, 0.2, 0)).toBeUndefined();
    expect(eventAt([], 3, 1, 0)).toBeUndefined();
  });
});
