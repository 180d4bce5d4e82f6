import { expect, it } from "vitest";
import type { RecordedSemaphore } from "../../record/devtools-record.ts";
import { LimitHistories } from "./limit-history.ts";

const semaphore = (label: string, available: number, waiting: number, permits = 4): RecordedSemaphore => ({
  label,
  permits,
  available,
  waiting,
  holders: [],
  waiters: [],
});

it("keeps how a limit was used, and its end", () => {
  const limits = new LimitHistories();
  const add = (time: number, ...semaphores: RecordedSemaphore[]): void =>
    limits.add({ kind: "state", source: "1", time, calls: [], semaphores });
  add(0, semaphore("pages", 3, 0), semaphore("pages", 0, 7));
  add(1, semaphore("pages", 0, 2));
  add(2);
  add(3);
  const [first, second] = [...limits.all.values()];
  expect(first).toMatchObject({ label: "pages", mostInUse: 4, mostWaiting: 2, now: undefined });
  expect(first!.samples.map(({ time, inUse }) => [time, inUse])).toEqual([
    [0, 1],
    [1, 4],
    [2, 0],
  ]);
  expect(second).toMatchObject({ label: "pages (2)", mostWaiting: 7 });
});

it("keeps what rate limiters have let through", () => {
  const limits = new LimitHistories();
  const rate = {
    label: "embedding pages",
    waiting: 5,
    pausedFor: 0,
    requests: { limit: 500, interval: 60_000, free: 120 },
    tokens: { limit: 9_000, interval: 60_000, free: -10 },
  };
  limits.add({ kind: "state", source: "1", time: 0, calls: [], semaphores: [], rates: [rate] });
  expect([...limits.all.values()]).toMatchObject([
    { label: "embedding pages: requests per minute", mostInUse: 380, mostWaiting: 5 },
    { label: "embedding pages: tokens per minute", mostInUse: 9_010 },
  ]);
});

it("ends what a process held that has ended, or all of it", () => {
  const limits = new LimitHistories();
  for (const source of ["1", "2"]) {
    limits.add({ kind: "state", source, time: 0, calls: [], semaphores: [semaphore("pages", 1, 2)] });
  }
  limits.ended("1", 5);
  const ends = (): unknown => [...limits.all.values()].map(({ now, samples }) => [now, samples.at(-1)]);
  const over = { inUse: 0, permits: 4, waiting: 0 };
  expect(ends()).toMatchObject([
    [undefined, { time: 5, ...over }],
    [{ available: 1 }, { time: 0, inUse: 3 }],
  ]);
  limits.ended(undefined, 9);
  expect(ends()).toMatchObject([
    [undefined, { time: 5, ...over }],
    [undefined, { time: 9, ...over }],
  ]);
});

it("keeps how many requests were refused, also while the limit is not in use", () => {
  const limits = new LimitHistories();
  const state = (time: number, refused: number | undefined): void =>
    limits.add({
      kind: "state",
      source: "1",
      time,
      calls: [],
      semaphores: refused === undefined ? [] : [{ ...semaphore("pages", 1, 0), refused }],
      rates: refused === undefined ? [] : [{ ...rateOf(7 * refused), label: "embedding" }],
    });
  state(0, 2);
  state(1, 5);
  state(2, undefined);
  expect([...limits.all.values()].map(({ label, refused }) => [label, refused])).toEqual([
    ["pages", 5],
    ["embedding: requests per second", 35],
  ]);
});

const rateOf = (refused: number) => ({
  waiting: 0,
  pausedFor: 0,
  refused,
  requests: { limit: 5, interval: 1_000, free: 5 },
});

it("keeps fewer samples of a long time", () => {
  const limits = new LimitHistories();
  for (let time = 0; time < 10_000; time++) {
    limits.add({ kind: "state", source: "1", time, calls: [], semaphores: [semaphore("pages", 1, 0)] });
  }
  const { samples } = [...limits.all.values()][0]!;
  expect(samples.length).toBeLessThanOrEqual(400);
  expect(samples.at(-1)!.time).toBe(9_999);
  expect(samples[0]!.time).toBeLessThan(1_000);
});
