import type { AnyEventEnd } from "@llx/callbacks";
import { expect, it } from "vitest";
import { LatestEvents } from "./latest-events.ts";

const event = (id: number, duration = 1): AnyEventEnd => ({ id, duration }) as unknown as AnyEventEnd;
const idsOf = (latest: LatestEvents): unknown[] => latest.all().map(({ id }) => id);

it("keeps the latest, in the order in which they started", () => {
  const latest = new LatestEvents(3);
  for (let id = 1; id <= 5; id++) latest.add(event(id));
  expect(idsOf(latest)).toEqual([3, 4, 5]);
  expect(latest.dropped).toBe(2);
});

it("keeps older ones that are open, as later ones are inside of them", () => {
  const latest = new LatestEvents(2);
  latest.add(event(1, Number.NaN));
  for (let id = 2; id <= 5; id++) latest.add(event(id));
  expect(idsOf(latest)).toEqual([1, 4, 5]);
  expect(latest.dropped).toBe(2);
});

it("has a bound for those too, and gives up the later half of them first", () => {
  const latest = new LatestEvents(1);
  for (let id = 1; id <= 1_002; id++) latest.add(event(id, Number.NaN));
  // Of 1,000 that were kept open, 500 made room for the next.
  expect(idsOf(latest)).toEqual([...Array.from({ length: 500 }, (_, index) => index + 1), 1_001, 1_002]);
  expect(latest.dropped).toBe(500);
});
