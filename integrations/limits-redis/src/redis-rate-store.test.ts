import { randomUUID } from "node:crypto";
import { MemoryRateStore, type RateAnswer, type RateAsk } from "@llx/async/shared";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasRedis, startRedis, type TestRedis } from "../../../tests/redis.ts";
import { seeded } from "../../../tests/seeded.ts";
import { NodeRedisConnection } from "./node-redis-connection.ts";
import { RedisRateStore } from "./redis-rate-store.ts";

describe.runIf(hasRedis("the store of rate limits on Redis"))("the store on Redis", () => {
  let redis: TestRedis;
  let now = 1_700_000_000_000;
  const stores: RedisRateStore[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.aclose()));
    await redis.close();
  });

  async function open(name: string): Promise<RedisRateStore> {
    const connection = new NodeRedisConnection(() => createClient({ url: redis.url }));
    const store = new RedisRateStore(name, connection, redis.url, () => now);
    stores.push(store);
    await store.open();
    return store;
  }

  it.each(Array.from({ length: 20 }, (_, index) => index + 1))(
    "answers any sequence of asks as the model does (seed %i)",
    async (seed) => {
      const next = seeded(seed);
      const pick = (most: number): number => Math.floor(next() * most);
      const store = await open(`model ${seed}`);
      const model = new MemoryRateStore(() => now);
      const limits = [
        { name: "requests", limit: 5 + pick(60), interval: [400, 1_000, 777][pick(3)]! },
        { name: "tokens", limit: 500 + pick(5_000), interval: 1_000 },
      ].slice(0, 1 + pick(2));
      const members = Array.from({ length: 1 + pick(6) }, () => randomUUID());
      const lots = new Map<string, RateAnswer[]>();
      const none = limits.map(() => 0);
      // A server that has just been started waits at first.
      const first: RateAsk = {
        member: "first",
        budgets: limits,
        hold: 0,
        wants: [],
        extra: none,
        corrections: [],
        observations: [],
        pauseFor: 0,
        leaves: true,
      };
      await Promise.all([store.trade(first), model.trade(first)]);
      now += 5_000;
      for (let step = 0; step < 150; step++) {
        now += next() < 0.1 ? pick(1_500) + 0.5 : next() * 40 + 0.001;
        const position = pick(members.length);
        const member = members[position]!;
        // Some know only the last of the limits.
        const known = position % 2 === 0 ? limits : limits.slice(-1);
        const had = lots.get(member) ?? [];
        const lot = had[pick(had.length)];
        const costOf = (): number[] =>
          known.map(({ name }) => (name === "requests" ? pick(2) || 1 : pick(300)));
        const ask: RateAsk = {
          member,
          budgets: known.map(({ limit, ...rest }) => ({
            ...rest,
            limit: next() < 0.05 ? limit - 1 : limit,
          })),
          hold: 20 + next() * 10,
          wants: Array.from({ length: pick(12) }, costOf),
          extra: known.map(({ name }) => (next() < 0.5 ? 0 : pick(name === "requests" ? 5 : 300))),
          corrections:
            lot === undefined || next() < 0.5
              ? next() < 0.1
                ? [{ budget: 0, slot: -1, amount: 1 + pick(3) }]
                : []
              : known.map(({ name }, budget) => ({
                  budget,
                  slot: lot.slots[budget]!,
                  amount: pick(name === "requests" ? 6 : 200) - (name === "requests" ? 4 : 150),
                })),
          observations:
            lot === undefined || next() < 0.9
              ? []
              : [
                  {
                    budget: 0,
                    remaining: pick(known[0]!.limit),
                    reset: next() * 1_500,
                    expiredBefore: lot.expired[0]!,
                  },
                ],
          pauseFor: next() < 0.02 ? pick(300) : 0,
          leaves: next() < 0.02,
        };
        // oxlint-disable-next-line no-await-in-loop -- one exchange after another
        const [theirs, ours] = await Promise.all([store.trade(ask), model.trade(ask)]);
        expect(theirs, `step ${step}: ${JSON.stringify(ask)}`).toEqual(ours);
        lots.set(member, [...had, ours].slice(-5));
      }
    },
  );
});
