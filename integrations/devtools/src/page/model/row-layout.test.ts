import { expect, it } from "vitest";
import type { PageEvent } from "./page-event.ts";
import { RowLayout } from "./row-layout.ts";

const event = (start: number, end: number, parent?: PageEvent): PageEvent =>
  ({ start, end, parent, row: 0 }) as PageEvent;

it("places events below their parents, and beside each other only if one follows the other", () => {
  const layout = new RowLayout();
  const top = event(0, Number.NaN);
  const first = event(1, 5, top);
  const meanwhile = event(2, 6, top);
  const after = event(5, 8, top);
  const inside = event(5, 7, after);
  for (const each of [top, first, meanwhile, after, inside]) layout.place(each);
  // At 5 the row of `first` is free again, and that of `meanwhile` is not.
  expect([top, first, meanwhile, after, inside].map(({ row }) => row)).toEqual([0, 1, 2, 1, 3]);
});

it("places nothing beside an event that is open, until it ends", () => {
  const layout = new RowLayout();
  const open = event(0, Number.NaN);
  layout.place(open);
  const second = event(10, 11);
  layout.place(second);
  open.end = 12;
  layout.end(open);
  const third = event(12, 13);
  layout.place(third);
  expect([open, second, third].map(({ row }) => row)).toEqual([0, 1, 0]);
});
