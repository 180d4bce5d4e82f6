import { RateLimiter, type RateLimits } from "@llx/async";
import { postgresRateLimiter } from "@llx/limits-postgres";
import { redisRateLimiter } from "@llx/limits-redis";
import Bottleneck from "bottleneck";
import { Redis } from "ioredis";
import { Pool } from "pg";
import {
  RateLimiterPostgres,
  RateLimiterQueue,
  RateLimiterRedis,
  RateLimiterRes,
  type RateLimiterAbstract,
} from "rate-limiter-flexible";
import { setTimeout as sleep } from "node:timers/promises";

/** What a process of a run is told. */
export interface Setting {
  readonly requests: number;
  readonly tokens: number;
  /** Milliseconds; whole seconds, as some contestants know no others. */
  readonly interval: number;
  readonly processes: number;
  readonly redisPort: number;
  readonly postgresUrl: string;
}

/** Resolves when a request of so many tokens may be sent. */
type Acquire = (tokens: number) => Promise<unknown>;

export interface Contestant {
  readonly name: string;
  readonly store: "none" | "redis" | "postgres";
  /** Ready for use: connected, tables and scripts there. */
  open(setting: Setting): Promise<Acquire>;
}

const bothOf = ({ requests, tokens, interval }: Setting): RateLimits => ({
  requests: { limit: requests, interval },
  tokens: { limit: tokens, interval },
});

export const contestants: Readonly<Record<string, Contestant>> = {
  redis: {
    name: "ours: @llx/limits-redis",
    store: "redis",
    async open(setting) {
      const url = `redis://127.0.0.1:${setting.redisPort}`;
      const limiter = await redisRateLimiter(bothOf(setting), { name: "service", url });
      return (tokens) => limiter.acquire({ tokens });
    },
  },
  postgres: {
    name: "ours: @llx/limits-postgres",
    store: "postgres",
    async open(setting) {
      const connectionString = setting.postgresUrl;
      const limiter = await postgresRateLimiter(bothOf(setting), { name: "service", connectionString });
      return (tokens) => limiter.acquire({ tokens });
    },
  },
  share: {
    name: "each with its share: `RateLimiter` of 1/8",
    store: "none",
    async open(setting) {
      const [requests, tokens] = [setting.requests, setting.tokens].map((all) =>
        Math.floor(all / setting.processes),
      );
      const limiter = new RateLimiter(bothOf({ ...setting, requests: requests!, tokens: tokens! }));
      return (amount) => limiter.acquire({ tokens: amount });
    },
  },
  bottleneck: {
    name: "bottleneck, clustered: a reservoir for each budget, Redis",
    store: "redis",
    async open(setting) {
      const open = async (id: string, reservoir: number): Promise<Bottleneck> => {
        const limiter = new Bottleneck({
          id,
          datastore: "ioredis",
          clearDatastore: false,
          // It knows an older ioredis.
          Redis,
          clientOptions: { host: "127.0.0.1", port: setting.redisPort },
          reservoir,
          reservoirRefreshAmount: reservoir,
          reservoirRefreshInterval: setting.interval,
        });
        await limiter.ready();
        return limiter;
      };
      const requests = await open("requests", setting.requests);
      const tokens = await open("tokens", setting.tokens);
      return async (weight) => {
        await tokens.schedule({ weight }, async () => {});
        await requests.schedule(async () => {});
      };
    },
  },
  "rlf-redis": {
    name: "rate-limiter-flexible by hand, Redis",
    store: "redis",
    open: async (setting) =>
      both(await openCounter(setting, "requests"), await openCounter(setting, "tokens")),
  },
  "rlf-queue": {
    name: "rate-limiter-flexible, RateLimiterQueue, Redis",
    store: "redis",
    async open(setting) {
      const requests = new RateLimiterQueue(await openCounter(setting, "requests"));
      const tokens = new RateLimiterQueue(await openCounter(setting, "tokens"));
      return async (amount) => {
        await tokens.removeTokens(amount);
        await requests.removeTokens(1);
      };
    },
  },
  "rlf-postgres": {
    name: "rate-limiter-flexible by hand, PostgreSQL",
    store: "postgres",
    async open(setting) {
      const storeClient = new Pool({ connectionString: setting.postgresUrl, max: 4 });
      const duration = setting.interval / 1_000;
      const open = (keyPrefix: string, points: number): Promise<RateLimiterPostgres> =>
        new Promise((resolve, reject) => {
          const limiter = new RateLimiterPostgres(
            { storeClient, keyPrefix, points, duration, tableName: "rate_limits" },
            (error?: Error) => (error === undefined ? resolve(limiter) : reject(error)),
          );
        });
      return both(await open("requests", setting.requests), await open("tokens", setting.tokens));
    },
  },
};

/** The usual code by hand: a counter for each budget, and a wait when one is empty. Tokens first, as they are rarer. */
function both(requests: RateLimiterAbstract, tokens: RateLimiterAbstract): Acquire {
  return async (amount) => {
    await take(tokens, amount);
    await take(requests, 1);
  };
}

async function take(limiter: RateLimiterAbstract, points: number): Promise<void> {
  for (;;) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- ask, wait, ask again
      await limiter.consume("key", points);
      return;
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      // oxlint-disable-next-line no-await-in-loop
      await sleep(Math.max(1, error.msBeforeNext));
    }
  }
}

async function openCounter(setting: Setting, budget: "requests" | "tokens"): Promise<RateLimiterRedis> {
  const storeClient = new Redis(setting.redisPort, "127.0.0.1");
  await storeClient.ping();
  const duration = setting.interval / 1_000;
  return new RateLimiterRedis({ storeClient, keyPrefix: budget, points: setting[budget], duration });
}
