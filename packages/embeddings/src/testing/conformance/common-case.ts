import type { ServiceBench } from "./service-bench.ts";

/** What decides which tests of models of all kinds there are. */
export interface CommonFacts {
  readonly hasService: boolean;
  /** Whether it has a service, and the option `headers`. */
  readonly acceptsHeaders: boolean;
  /** Whether a refusal of the service states how long to wait. */
  readonly statesWait: boolean;
}

/** A test of models of all kinds. */
export interface CommonCase {
  readonly name: string;
  readonly applies?: ((facts: CommonFacts) => boolean) | undefined;
  run(bench: ServiceBench): Promise<void>;
}

/** For tests without a service. */
export function everywhere(): boolean {
  return true;
}
