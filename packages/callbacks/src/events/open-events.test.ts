import { expect, it } from "vitest";
import { OpenEvents, type OpenEntry } from "./open-events.ts";

it("ends open events, last started first, also after some have ended in any order", () => {
  const open = new OpenEvents();
  const ended: number[] = [];
  const entries = new Map<number, OpenEntry>();
  const end = (n: number): void => open.delete(entries.get(n)!);
  for (let n = 0; n < 6; n++) {
    const abandon = (): void => {
      ended.push(n);
      end(n);
    };
    entries.set(n, open.add({ id: String(n), abandon }));
  }
  for (const n of [2, 0, 5, 3]) end(n);
  expect(open.size).toBe(2);
  expect([open.find("1")?.id, open.find("2")]).toEqual(["1", undefined]);
  open.abandonAll();
  expect(ended).toEqual([4, 1]);
  expect(open.size).toBe(0);
});
