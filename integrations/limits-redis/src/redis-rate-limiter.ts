import type { RateLimits } from "@llx/async";
import { SharedRateLimiter } from "@llx/async/shared";
import { createClient } from "@redis/client";
import { type Ioredis, IoredisConnection } from "./ioredis-connection.ts";
import { likeNodeRedis, type NodeRedis, NodeRedisConnection } from "./node-redis-connection.ts";
import type { RedisConnection } from "./redis-connection.ts";
import {
  checkLimiterOptions,
  type RedisClient,
  type RedisRateLimiterOptions,
} from "./redis-rate-limiter-options.ts";
import { RedisRateStore } from "./redis-rate-store.ts";

/**
 * A rate limiter whose limits hold for all processes that give the same name on the same Redis, or Valkey: see
 * `SharedRateLimiter` of `@llx/async/shared`. It has two connections, which `aclose()` frees.
 *
 * @throws TypeError or RangeError for invalid limits or options; Error if the server cannot be reached
 *
 * @example
 * ```ts
 * import { redisRateLimiter } from "@llx/limits-redis";
 *
 * const rate = await redisRateLimiter(
 *   { requests: { limit: 500, interval: 60_000 }, tokens: { limit: 800_000, interval: 60_000 } },
 *   { name: "openai", url: "redis://localhost:6379" },
 * );
 * ```
 */
export async function redisRateLimiter(
  limits: RateLimits,
  options: RedisRateLimiterOptions,
): Promise<SharedRateLimiter> {
  checkLimiterOptions(options);
  const { name, url, client, learn, onStoreError } = options;
  const connection = url === undefined ? connectionLike(client!) : connectionTo(url);
  const store = new RedisRateStore(name, connection, url);
  const limiter = new SharedRateLimiter(limits, store, { learn, onStoreError });
  try {
    await store.open();
  } catch (error) {
    limiter.close();
    await store.aclose();
    throw new Error(`no connection to ${nameOf(url)}: ${(error as Error).message}`, { cause: error });
  }
  return limiter;
}

function connectionTo(url: string): RedisConnection {
  return new NodeRedisConnection((reconnectStrategy) =>
    createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy } }),
  );
}

/** @throws TypeError if it is of neither library */
function connectionLike(client: RedisClient): RedisConnection {
  if ("evalSha" in client) return likeNodeRedis(client as unknown as NodeRedis);
  if ("evalsha" in client) return new IoredisConnection(client as unknown as Ioredis);
  throw new TypeError("client must be a client of node-redis or ioredis, from 5 on");
}

/** The name of a server in messages, without its password. */
function nameOf(url: string | undefined): string {
  return url === undefined ? "Redis" : `Redis at ${new URL(url).host}`;
}
