import { RateStoreError } from "@llx/async/shared";
import { createClient } from "@redis/client";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hasRedis, startRedis, type TestRedis } from "../../../tests/redis.ts";
import { redisRateLimiter } from "./redis-rate-limiter.ts";
import type { RedisRateLimiterOptions } from "./redis-rate-limiter-options.ts";

const limits = { requests: { limit: 10, interval: 200 } };

describe.runIf(hasRedis("outages of Redis"))("a limiter whose server goes away", () => {
  let redis: TestRedis;
  let warnings: string[];
  const onWarning = (warning: Error): void => {
    if (warning.name === "RateStoreWarning") warnings.push(warning.message);
  };

  beforeEach(async () => {
    redis = await startRedis();
    warnings = [];
    process.on("warning", onWarning);
  });
  afterEach(async () => {
    process.off("warning", onWarning);
    vi.useRealTimers();
    await redis.close();
  });

  const libraries = ["node-redis", "ioredis"] as const;
  function connectionOf(
    library: (typeof libraries)[number],
  ): Pick<RedisRateLimiterOptions, "url" | "client"> {
    return library === "node-redis"
      ? { url: redis.url }
      : { client: new Redis(redis.url, { lazyConnect: true }) };
  }

  it.each(libraries)("waits, with one warning, and goes on when it is back (%s)", async (library) => {
    await using limiter = await redisRateLimiter(limits, { name: "x", ...connectionOf(library) });
    await limiter.acquire();
    await redis.stop();
    const waiting = Promise.all(Array.from({ length: 20 }, () => limiter.acquire()));
    await vi.waitUntil(() => warnings.length > 0, { timeout: 5_000 });
    await redis.start();
    await waiting;
    await limiter.acquire();
    expect(warnings).toEqual([
      expect.stringMatching(/^the store of a shared rate limit failed: .+; requests wait until/),
    ]);
  });

  it.each(libraries)("hears of pauses also after it was back (%s)", async (library) => {
    await using one = await redisRateLimiter(limits, { name: "x", ...connectionOf(library) });
    await using other = await redisRateLimiter(limits, { name: "x", ...connectionOf(library) });
    await Promise.all([one.acquire(), other.acquire()]);
    await redis.stop();
    await redis.start();
    // Asks again and again, as it may be heard before the other listens again.
    await vi.waitUntil(
      async () => {
        one.pauseUntil(Date.now() + 30_000 + performance.now());
        return other.state.pausedFor > 20_000;
      },
      { timeout: 5_000 },
    );
    expect(other.state.pausedFor).toBeGreaterThan(20_000);
  });

  it.each(libraries)(
    "tells a server that has forgotten everything what it knew, though it asks for nothing (%s)",
    async (library) => {
      const minute = { requests: { limit: 10, interval: 60_000 } };
      await using limiter = await redisRateLimiter(minute, { name: "x", ...connectionOf(library) });
      await limiter.acquire();
      await redis.stop();
      await redis.start();
      const client = await createClient({ url: redis.url }).connect();
      await vi.waitUntil(() => client.exists("llx:limit:{x}"), { timeout: 5_000 });
      const [created, blocked] = await client.hmGet("llx:limit:{x}", ["created", "blocked"]);
      client.destroy();
      expect(Number(blocked) - Number(created)).toBe(61_000);
    },
  );

  it.each(libraries)("rejects what waits, if it is told to fail (%s)", async (library) => {
    await using limiter = await redisRateLimiter(limits, {
      name: "x",
      onStoreError: "fail",
      ...connectionOf(library),
    });
    await limiter.acquire();
    await redis.stop();
    await expect(Promise.all(Array.from({ length: 20 }, () => limiter.acquire()))).rejects.toThrow(
      RateStoreError,
    );
  });

  it.each(libraries)("goes on with a share, if it is told to (%s)", async (library) => {
    await using limiter = await redisRateLimiter(limits, {
      name: "x",
      onStoreError: "local",
      ...connectionOf(library),
    });
    await limiter.acquire();
    await redis.stop();
    await Promise.all(Array.from({ length: 20 }, () => limiter.acquire()));
    expect(warnings).toEqual([expect.stringContaining("this process starts no more than 1/1 of the limit")]);
  });

  it.each(libraries)(
    "is closed while the server is away, and leaves no connection open (%s)",
    async (library) => {
      const sockets = (): number =>
        process.getActiveResourcesInfo().filter((each) => each === "TCPSocketWrap").length;
      const before = sockets();
      const limiter = await redisRateLimiter(limits, { name: "x", ...connectionOf(library) });
      const closed = await redisRateLimiter(limits, { name: "x", ...connectionOf(library) });
      await Promise.all([limiter.acquire(), closed.acquire()]);
      await closed.aclose();
      await redis.stop();
      await limiter.aclose();
      await vi.waitUntil(() => sockets() <= before, { timeout: 5_000 });
      expect(sockets()).toBeLessThanOrEqual(before);
    },
  );

  it("does not close a client of the user", async () => {
    const client = await createClient({ url: redis.url }).connect();
    const limiter = await redisRateLimiter(limits, { name: "x", client });
    await limiter.acquire();
    await limiter.aclose();
    expect(await client.ping()).toBe("PONG");
    client.destroy();
  });

  it("is not harmed by a clock that is wrong by minutes", async () => {
    await using limiter = await redisRateLimiter(limits, { name: "x", url: redis.url });
    await using other = await redisRateLimiter(limits, { name: "x", url: redis.url });
    await limiter.acquire();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 600_000 });
    const starts: number[] = [];
    const run = async (each: typeof limiter): Promise<void> => {
      await each.acquire();
      starts.push(performance.now());
    };
    await Promise.all(Array.from({ length: 25 }, (_, index) => run(index % 2 === 0 ? limiter : other)));
    starts.sort((a, b) => a - b);
    // The eleventh after each starts an interval later: ten are the limit.
    for (let index = 10; index < starts.length; index++) {
      expect(starts[index]! - starts[index - 10]!).toBeGreaterThan(180);
    }
  });

  it("works as a user who may do only what the README says", async () => {
    const admin = await createClient({ url: redis.url }).connect();
    await admin.sendCommand([
      "ACL",
      "SETUSER",
      "limits",
      "on",
      ">secret-of-limits",
      ...permissions.split(" "),
    ]);
    admin.destroy();
    const url = redis.url.replace("//", "//limits:secret-of-limits@");
    await using one = await redisRateLimiter(limits, { name: "x", url });
    await using other = await redisRateLimiter(limits, {
      name: "x",
      client: new Redis(url, { lazyConnect: true }),
    });
    await Promise.all(Array.from({ length: 15 }, () => one.acquire()));
    one.pauseUntil(Date.now() + 30_000);
    await vi.waitUntil(() => other.state.pausedFor > 20_000, { timeout: 5_000 });
    const wrong = redis.url.replace("//", "//limits:another-secret@");
    const opening = redisRateLimiter(limits, { name: "x", url: wrong });
    await expect(opening).rejects.toThrow(/WRONGPASS/);
    await expect(opening).rejects.not.toThrow(/another-secret/);
  });
});

/** As in the README. */
const permissions =
  "~llx:limit:* &llx:limit:* +eval +evalsha +subscribe +unsubscribe +ping +info +time +publish +hmget +hget +hset +hdel +hlen " +
  "+zadd +zrem +zcard +zcount +zscore +zrange +zrevrange +zrangebyscore +zremrangebyscore +del +pexpire";
