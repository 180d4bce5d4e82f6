import { errorProperty } from "@llx/support";
import type { ElementType } from "../contract/element-type.ts";
import { NotTriedError } from "./after-basics.ts";
import type { ConformanceSettings, ConformanceSubject } from "./conformance-subject.ts";
import { embeddingConformance } from "./embedding-conformance.ts";

/** The functions of a test runner: vitest, `node:test` and jest have them. */
export interface ConformanceRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, run: () => Promise<void>, timeout: number) => unknown;
}

/**
 * Registers the tests that every provider must pass.
 *
 * @example
 * ```ts
 * import { describe, it } from "vitest"; // or from "node:test"
 * registerConformance({ name: "mine", service, create: myEmbedding }, { describe, it });
 * ```
 */
export function registerConformance<E extends ElementType>(
  subject: ConformanceSubject<E>,
  { describe, it }: ConformanceRunner,
  settings: ConformanceSettings = {},
): void {
  // The runner's limit is longer than that of the tests, whose message says more.
  const timeout = (settings.timeLimit ?? 10_000) + 5_000;
  describe(`${subject.name} meets the embedding contract`, () => {
    for (const { name, run } of embeddingConformance(subject, settings)) it(name, orSkipped(run), timeout);
  });
}

/**
 * Skips a test that was not tried, so that the one that has failed is not lost among hundreds: vitest and `node:test` give their
 * tests a context with `skip`. For other runners it fails.
 */
function orSkipped(run: () => Promise<void>): (...given: readonly unknown[]) => Promise<void> {
  // No parameter that counts: jest would take it for a callback, and wait for it.
  return async (...[context]) => {
    try {
      await run();
    } catch (error) {
      const skip = errorProperty(context, "skip");
      if (!(error instanceof NotTriedError) || typeof skip !== "function") throw error;
      Reflect.apply(skip, context, [error.message]);
    }
  };
}
