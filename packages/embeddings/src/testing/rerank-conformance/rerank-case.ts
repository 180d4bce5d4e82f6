import type { RerankBench } from "./rerank-bench.ts";
import type { RerankFacts } from "./rerank-facts.ts";

/** A test of the suite. */
export interface RerankCase {
  readonly name: string;
  /** Whether the test applies; by default, if the subject has a service. */
  readonly applies?: ((facts: RerankFacts) => boolean) | undefined;
  run(bench: RerankBench): Promise<void>;
}
