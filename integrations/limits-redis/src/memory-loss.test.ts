import { randomUUID } from "node:crypto";
import type { RateAnswer, RateAsk } from "@llx/async/shared";
import { createClient } from "@redis/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hasRedis, startRedis, type TestRedis } from "../../../tests/redis.ts";
import { NodeRedisConnection } from "./node-redis-connection.ts";
import { RedisRateStore } from "./redis-rate-store.ts";

const minute = 60_000;
/** An interval, and the least time for which grants may be used after it was lost. */
const memory = minute + 1_000;

describe.runIf(hasRedis("the loss of a Redis's memory"))("a store whose server forgets", () => {
  let redis: TestRedis;
  let now: number;
  let stores: RedisRateStore[];

  beforeEach(async () => {
    redis = await startRedis();
    // How long ago a limiter has heard of its state is measured with it.
    vi.useFakeTimers({ toFake: ["performance"] });
    now = 1_700_000_000_000;
    stores = [];
  });
  afterEach(async () => {
    vi.useRealTimers();
    await Promise.all(stores.map((store) => store.aclose()));
    await redis.close();
  });

  async function open(): Promise<RedisRateStore> {
    const connection = new NodeRedisConnection((reconnectStrategy) =>
      createClient({ url: redis.url, disableOfflineQueue: true, socket: { reconnectStrategy } }),
    );
    const store = new RedisRateStore("any", connection, redis.url, () => now);
    stores.push(store);
    await store.open();
    return store;
  }

  /** On the clocks of the server and of this process. */
  function pass(milliseconds: number): void {
    now += milliseconds;
    vi.advanceTimersByTime(milliseconds);
  }

  function ask(interval = minute): RateAsk {
    return {
      member: randomUUID(),
      budgets: [{ name: "requests", limit: 10, interval }],
      hold: 20,
      wants: [[1]],
      extra: [0],
      corrections: [],
      observations: [],
      pauseFor: 0,
      leaves: false,
    };
  }

  /** A store that has been granted something. */
  async function opened(): Promise<RedisRateStore> {
    const store = await open();
    await store.trade(ask());
    pass(2_000);
    expect(await store.trade(ask())).toMatchObject({ granted: 1 });
    return store;
  }

  /** Asks until the connection is there again. */
  async function tradeAgain(store: RedisRateStore): Promise<RateAnswer> {
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one attempt after another
        return await store.trade(ask());
      } catch {
        // oxlint-disable-next-line no-await-in-loop -- lets it connect
        await new Promise(setImmediate);
      }
    }
  }

  async function command(...words: string[]): Promise<void> {
    const client = await createClient({ url: redis.url }).connect();
    await client.sendCommand(words);
    client.destroy();
  }

  async function restart(): Promise<void> {
    await redis.stop();
    await redis.start();
  }

  it("waits for a moment on a server that was started less than an interval ago", async () => {
    const store = await open();
    expect(await store.trade(ask())).toMatchObject({ granted: 0, retryIn: 2_000, free: [0] });
    pass(1_999);
    expect(await store.trade(ask())).toMatchObject({ granted: 0 });
    pass(1);
    expect(await store.trade(ask())).toMatchObject({ granted: 1 });
  });

  it("starts at once on a server that has been up for an interval", async () => {
    const client = await createClient({ url: redis.url }).connect();
    // oxlint-disable-next-line no-await-in-loop -- until then
    while (!/uptime_in_seconds:[2-9]/.test(await client.info("server")));
    client.destroy();
    const store = await open();
    expect(await store.trade(ask(1_000))).toMatchObject({ granted: 1 });
  });

  it("counts everything as used for an interval if a limiter knows of more than the server", async () => {
    const store = await opened();
    await restart();
    expect(await tradeAgain(store)).toMatchObject({ granted: 0, free: [0], retryIn: memory });
    pass(memory - 1);
    expect(await store.trade(ask())).toMatchObject({ granted: 0 });
    pass(1);
    expect(await store.trade(ask())).toMatchObject({ granted: 1, free: [9] });
  });

  it("does so too if another limiter has asked before that one", async () => {
    const store = await opened();
    await restart();
    const other = await open();
    const { granted, retryIn } = await other.trade(ask());
    // The first one tells the server by itself as soon as it is connected again, which may be before.
    expect([2_000, memory]).toContain(retryIn);
    expect(granted).toBe(0);
    pass(500);
    expect(await tradeAgain(store)).toMatchObject({ granted: 0, retryIn: memory - 500 });
    pass(1_500);
    expect(await other.trade(ask())).toMatchObject({ granted: 0, retryIn: memory - 2_000 });
  });

  it("does so if the server has an old snapshot", async () => {
    await opened();
    await command("SAVE");
    await restart();
    const store = await open();
    expect(await store.trade(ask())).toMatchObject({ granted: 0, retryIn: memory });
  });

  it("does so if the data were deleted", async () => {
    const store = await opened();
    await command("FLUSHALL");
    expect(await store.trade(ask())).toMatchObject({ granted: 0, retryIn: memory });
  });

  it.each(["slots", "amounts"])("does so if the server has evicted the key of the %s", async (key) => {
    const store = await opened();
    await command("DEL", `llx:limit:{any}:requests:${key}`);
    expect(await store.trade(ask())).toMatchObject({ granted: 0, retryIn: memory });
  });

  it("does so if the clock of the server was set back", async () => {
    const store = await opened();
    now -= 600_000;
    expect(await store.trade(ask())).toMatchObject({ granted: 0, retryIn: memory });
  });

  it("does not if the state has expired, as nobody has used it", async () => {
    const store = await opened();
    pass(memory + 1);
    await command("FLUSHALL");
    // As the server has just been started.
    expect(await store.trade(ask())).toMatchObject({ granted: 0, retryIn: 2_000 });
  });

  it("holds all back as long as before after a restart from a snapshot", async () => {
    const store = await opened();
    await store.trade({ ...ask(), pauseFor: 300_000 });
    await command("SAVE");
    await restart();
    expect(await tradeAgain(store)).toMatchObject({ granted: 0, pausedFor: 300_000 });
  });

  it("lets the data of an unused limit expire", async () => {
    await opened();
    const client = await createClient({ url: redis.url }).connect();
    const keys = await client.keys("*");
    const lives = await Promise.all(keys.map((key) => client.pTTL(key)));
    client.destroy();
    expect(keys.length).toBeGreaterThanOrEqual(4);
    for (const life of lives) {
      expect(life).toBeGreaterThan(minute);
      expect(life).toBeLessThan(2 * minute);
    }
  });
});
