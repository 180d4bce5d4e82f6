import { RateLimiter } from "../limits/rate-limiter.ts";

/** Coordinates calls that share their workers but no rate limiter. */
const pools = new WeakMap<object, RateLimiter>();
let arePools = false;

/** The limiter that pauses all calls with these workers while a service refuses; `undefined` before the first refusal. */
export function refusalPoolOf(workers: object): RateLimiter | undefined {
  return arePools ? pools.get(workers) : undefined;
}

/** The same, created if there is none. Without shared workers, it serves one call. */
export function makeRefusalPool(workers: object | undefined): RateLimiter {
  const known = workers && refusalPoolOf(workers);
  if (known !== undefined) return known;
  // It has no limit until it has learned one.
  const pool = new RateLimiter({ requests: { limit: Number.MAX_SAFE_INTEGER, interval: 1_000 } });
  if (workers !== undefined) {
    arePools = true;
    pools.set(workers, pool);
  }
  return pool;
}
