import type { Bench } from "./bench.ts";
import type { Facts } from "./facts.ts";

/** A test of the suite. */
export interface ConformanceCase {
  readonly name: string;
  /** Whether the test applies; by default, if the subject has a service. */
  readonly applies?: ((facts: Facts) => boolean) | undefined;
  run(bench: Bench): Promise<void>;
}
