import type { FakeService } from "../fake-service.ts";
import type { Changes } from "./plain-embedding.ts";

/** A provider with one defect, and the tests that find it. */
export interface Mutant {
  readonly name: string;
  readonly changes?: Changes | undefined;
  /** Its fake, if the defect is there. */
  readonly service?: ((service: FakeService) => FakeService) | undefined;
  /** What its service reports, if not tokens. */
  readonly usage?: "none" | undefined;
  /** Tests of the suite that must fail, by name; others may as well. */
  readonly caughtBy: readonly string[];
  /** Whether it is found because it hangs: the tests need not wait long. */
  readonly hangs?: boolean;
}
