import { RateLimiter } from "../limits/rate-limiter.ts";

/** Of calls that share their workers, and nothing else that could hold them all back. */
const pools = new WeakMap<object, RateLimiter>();
let arePools = false;

/** What holds calls back that share these workers, while a service refuses; `undefined` where none has refused yet. */
export function refusalPoolOf(workers: object): RateLimiter | undefined {
  return arePools ? pools.get(workers) : undefined;
}

/** The same, made where there is none. Without workers that are shared, it serves one call. */
export function makeRefusalPool(workers: object | undefined): RateLimiter {
  const known = workers && refusalPoolOf(workers);
  if (known !== undefined) return known;
  // It limits nothing before it has learned a limit.
  const pool = new RateLimiter({ requests: { limit: Number.MAX_SAFE_INTEGER, interval: 1_000 } });
  if (workers !== undefined) {
    arePools = true;
    pools.set(workers, pool);
  }
  return pool;
}
