// The whole public surface of `@llx/limits-postgres`.
export { postgresRateLimiter, type PostgresRateLimiterOptions } from "./postgres-rate-limiter.ts";
export type { PostgresPool } from "./connection.ts";
