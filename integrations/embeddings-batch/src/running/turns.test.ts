import { describe, expect, it } from "vitest";
import { Turns } from "./turns.ts";

const first = (part: number): { part: number; round: number } => ({ part, round: 1 });

function turnsOf(most: number, ...parts: number[]): Turns {
  const turns = new Turns(most);
  for (const part of parts) turns.add(first(part));
  return turns;
}

describe("turns", () => {
  it("come in their order, as far as there is room", () => {
    const turns = turnsOf(2, 0, 1, 2);
    expect([turns.take(), turns.take(), turns.take()]).toEqual([first(0), first(1), undefined]);
    expect([turns.open, turns.waiting]).toEqual([2, 1]);
    turns.end(0);
    expect(turns.take()).toEqual(first(2));
    expect([0, 1, 2].map((part) => turns.isOpen(part))).toEqual([false, true, true]);
  });

  it("are taken without room on request", () => {
    const turns = turnsOf(1, 0, 1);
    turns.begin(7);
    expect([turns.take(), turns.take(true), turns.take(true), turns.take(true)]).toEqual([
      undefined,
      first(0),
      first(1),
      undefined,
    ]);
  });

  it("know whether others were there at any time since a part began", () => {
    const turns = turnsOf(2, 0, 1);
    turns.take();
    expect(turns.hadOthers(0)).toBe(false);
    turns.take();
    turns.end(1);
    expect(turns.hadOthers(0)).toBe(true);
    // Its next round.
    turns.begin(0);
    expect([turns.hadOthers(0), turns.open]).toEqual([false, 1]);
  });

  it("that are postponed come first, and fewer are open from then on, but always one", () => {
    const turns = turnsOf(3, 0, 1, 2, 3);
    for (let at = 0; at < 3; at++) turns.take();
    turns.postpone({ part: 0, round: 2 });
    expect([turns.take(), turns.open]).toEqual([undefined, 2]);
    turns.end(2);
    expect([turns.take(), turns.take()]).toEqual([{ part: 0, round: 2 }, undefined]);
    turns.end(1);
    turns.postpone({ part: 0, round: 3 });
    expect([turns.take(), turns.take()]).toEqual([{ part: 0, round: 3 }, undefined]);
  });
});
