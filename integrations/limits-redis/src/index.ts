// The whole public surface.
export { redisRateLimiter } from "./redis-rate-limiter.ts";
export type { RedisClient, RedisRateLimiterOptions } from "./redis-rate-limiter-options.ts";
