// The whole public surface of `@llx/async/shared`, which does not load `@llx/callbacks`.
import { checkNode } from "@llx/support";

export { MemoryRateStore } from "./shared/memory-rate-store.ts";
export type {
  Amounts,
  Correction,
  Observation,
  RateAnswer,
  RateAsk,
  RateStore,
  SharedBudget,
} from "./shared/rate-store.ts";
export { RateStoreError } from "./shared/rate-store-error.ts";
export { SharedRateLimiter, type SharedRateLimiterOptions } from "./shared/shared-rate-limiter.ts";

checkNode();
