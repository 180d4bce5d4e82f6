// Shared by all sections about jobs: how many, which inputs, and whether a contender does the work at all.
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import type { Contender } from "../harness.ts";

const { values: flags, positionals } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    jobs: { type: "string" },
    rounds: { type: "string" },
  },
  allowPositionals: true,
});
/** What to run: a section, and within "peak" a contender. */
export const names: readonly string[] = positionals;
export const isQuick: boolean = flags.quick;
/** How many jobs. */
export const times: number = Number(flags.jobs ?? (flags.quick ? 10_000 : 1_000_000));
export const rounds: number = Number(flags.rounds ?? (flags.quick ? 1 : 7));
/** Peers that would need seconds or gigabytes for a million jobs run fewer. */
export const fewer: number = Math.min(times, 100_000);
export const few: number = Math.min(times, 20_000);

export const job = async (n: number): Promise<number> => n;
export const call = <T>(closure: () => Promise<T>): Promise<T> => closure();

export function* counter(count: number): Generator<number, void, undefined> {
  for (let n = 0; n < count; n++) yield n;
}

export function* closures(count: number): Generator<() => Promise<number>, void, undefined> {
  for (let n = 0; n < count; n++) yield async () => n;
}

export async function* asyncCounter(count: number): AsyncGenerator<number, void, undefined> {
  for (let n = 0; n < count; n++) yield n;
}

/** Few enough that all results can be kept and checked. */
export const checkedTimes = 100;

/** Contenders whose results are checked first. */
export async function checked(contenders: Contender[]): Promise<Contender[]> {
  const expected = [...counter(checkedTimes)];
  for (const { name, run, reset } of contenders) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    assert.deepEqual(await run(checkedTimes), expected, name);
    reset?.();
  }
  return contenders;
}
