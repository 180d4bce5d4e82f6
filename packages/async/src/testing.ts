// The whole public surface of `@llx/async/testing`.
export {
  limiterConformance,
  type LimiterConformanceSubject,
  type LimiterConformanceTest,
  type SharedLimit,
} from "./testing/limiter-conformance.ts";
