import assert from "node:assert/strict";
import type { ConformanceTest } from "./conformance-subject.ts";

/** The failure of a test that builds on one that has failed. */
export class NotTriedError extends assert.AssertionError {}

/**
 * Runs the basic tests before the others, once. Where one of them fails, so would most of the others, for the same reason:
 * they fail at once instead, with its name.
 *
 * @param basics the names of the basic tests: each builds on those that stand before it
 */
export function afterBasics(tests: readonly ConformanceTest[], basics: readonly string[]): ConformanceTest[] {
  let firstFailure: FirstFailure = none;
  const ready = new Map<string, ConformanceTest>();
  for (const test of tests.filter(({ name }) => basics.includes(name))) {
    const before = firstFailure;
    const { name, run } = after(before, test);
    const runOnce = once(run);
    ready.set(name, { name, run: runOnce });
    firstFailure = once(async () => {
      const failed = await before();
      if (failed !== undefined) return failed;
      return runOnce().then(
        () => undefined,
        () => name,
      );
    });
  }
  return tests.map((test) => ready.get(test.name) ?? after(firstFailure, test));
}

/** Returns the name of the first test that fails. */
type FirstFailure = () => Promise<string | undefined>;

async function none(): Promise<undefined> {
  return undefined;
}

function after(firstFailure: FirstFailure, { name, run }: ConformanceTest): ConformanceTest {
  return {
    name,
    async run() {
      const failed = await firstFailure();
      if (failed !== undefined) {
        throw new NotTriedError({ message: `not tried, as "${failed}" fails: see there` });
      }
      await run();
    },
  };
}

function once<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => (running ??= run());
}
