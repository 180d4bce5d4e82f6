import type { Bench } from "./bench.ts";
import type { Facts } from "./facts.ts";

/** A test of the suite. */
export interface ConformanceCase {
  readonly name: string;
  /** Whether there is anything to test; default: where the subject has a service. */
  readonly applies?: ((facts: Facts) => boolean) | undefined;
  run(bench: Bench): Promise<void>;
}

/** For tests that need no service. */
export function everywhere(): boolean {
  return true;
}
