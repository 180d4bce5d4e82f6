// What it costs to acquire from a limit that is far away: from a limiter of one process, from grants that are held, and from
// peers that ask the store for each request. Redis and all callers on this machine, one request after another.
//   node --expose-gc acquire-cost.ts [--quick]
import { parseArgs } from "node:util";
import { RateLimiter, type RateLimits } from "@llx/async";
import { MemoryRateStore, SharedRateLimiter } from "@llx/async/shared";
import { redisRateLimiter } from "@llx/limits-redis";
import { Redis } from "ioredis";
import { RateLimiterRedis } from "rate-limiter-flexible";
import { startRedis } from "../../../tests/redis.ts";
import { compare } from "../harness.ts";

const { values: flags } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const times = flags.quick ? 5_000 : 50_000;

const limits: RateLimits = {
  requests: { limit: 1_000_000_000, interval: 60_000 },
  tokens: { limit: 1_000_000_000_000, interval: 60_000 },
};
const redis = await startRedis();
const client = new Redis(redis.port, "127.0.0.1");
const shared = new SharedRateLimiter(limits, new MemoryRateStore());
const onRedis = await redisRateLimiter(limits, { name: "cost", url: redis.url });
const own = new RateLimiter(limits);
const requests = new RateLimiterRedis({
  storeClient: client,
  keyPrefix: "requests",
  points: 1_000_000_000,
  duration: 60,
});
const tokens = new RateLimiterRedis({
  storeClient: client,
  keyPrefix: "tokens",
  points: 1_000_000_000,
  duration: 60,
});

const acquire = (limiter: RateLimiter) => async (count: number) => {
  for (let request = 0; request < count; request++) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    const lease = await limiter.acquire({ tokens: 10 });
    lease.settle(10);
  }
};

await compare(
  "acquire and settle, two budgets",
  [
    { name: "RateLimiter", run: acquire(own) },
    { name: "SharedRateLimiter, store in memory", run: acquire(shared) },
    { name: "@llx/limits-redis", run: acquire(onRedis) },
    {
      name: "rate-limiter-flexible, Redis, two consume",
      times: times / 25,
      async run(count) {
        for (let request = 0; request < count; request++) {
          // oxlint-disable-next-line no-await-in-loop -- one after another
          await tokens.consume("key", 10);
          // oxlint-disable-next-line no-await-in-loop
          await requests.consume("key", 1);
        }
      },
    },
  ],
  { times, goals: { "@llx/limits-redis": 1.5 } },
);
await Promise.all([shared.aclose(), onRedis.aclose()]);
client.disconnect();
await redis.close();
