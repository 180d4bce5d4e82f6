import { randomUUID } from "node:crypto";
import { limiterConformance } from "@llx/async/testing";
import { createClient, createCluster } from "@redis/client";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasRedis, startRedis, type TestRedis } from "../../../tests/redis.ts";
import { redisRateLimiter } from "./redis-rate-limiter.ts";
import type { RedisClient } from "./redis-rate-limiter-options.ts";

const limits = { requests: { limit: 4, interval: 400 } };

describe("options of a limiter on Redis", () => {
  it.each([
    [{ name: "x", url: "redis://h", nam: 1 }, /no option nam; did you mean name\?/],
    [{ name: "x", connectionString: "redis://h" }, /no option connectionString; the option is url/],
    [{ url: "redis://h" }, /name must be a string/],
    [{ name: "", url: "redis://h" }, /1 to 200 characters/],
    [{ name: "a{b}", url: "redis://h" }, /neither "\{" nor "\}"/],
    [{ name: "x" }, /either a url/],
    [{ name: "x", url: "redis://h", client: { duplicate: () => ({}) } }, /either a url/],
    [{ name: "x", url: "http://me:secret@h" }, /url must be redis:/],
    [{ name: "x", url: 6379 }, /url must be a string, not number/],
    [{ name: "x", client: {} }, /client of node-redis or ioredis/],
    [{ name: "x", client: { duplicate: () => ({}) } }, /client of node-redis or ioredis/],
    [{ name: "x", url: "redis://h", onStoreError: "panic" }, /onStoreError must be/],
  ])("%j is refused before anything is sent", async (options, message) => {
    const opening = redisRateLimiter(limits, options as never);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.not.toThrow(/secret/);
  });

  it("refuses wrong limits before anything is sent", async () => {
    await expect(
      redisRateLimiter({ requests: { limit: 0, interval: 400 } }, { name: "x", url: "redis://127.0.0.1:1" }),
    ).rejects.toThrow(RangeError);
  });

  it("says which server cannot be reached, without its password", async () => {
    const opening = redisRateLimiter(limits, { name: "x", url: "redis://me:hunter2hunter2@127.0.0.1:1" });
    await expect(opening).rejects.toThrow(
      "no connection to Redis at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1",
    );
    await expect(opening).rejects.not.toThrow(/hunter2/);
  });
});

const kinds = ["url", "node-redis", "ioredis", "cluster of node-redis", "cluster of ioredis"] as const;
type Kind = (typeof kinds)[number];

interface Client {
  readonly client: RedisClient;
  close(): unknown;
}

describe.runIf(hasRedis("rate limits on Redis"))("a limiter on Redis", () => {
  let redis: TestRedis;
  let cluster: TestRedis;

  beforeAll(async () => {
    [redis, cluster] = await Promise.all([
      startRedis(),
      startRedis(["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"]),
    ]);
    const client = await createClient({ url: cluster.url }).connect();
    await client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    // A server that has been up for longer than the interval of the tests starts a new limit at once.
    while (!/uptime_in_seconds:[2-9]/.test(await client.info("server")));
    while (!/cluster_state:ok/.test(await client.clusterInfo()));
    client.destroy();
  });
  afterAll(() => Promise.all([redis.close(), cluster.close()]));

  function clientOf(kind: Exclude<Kind, "url">): Client {
    const { url, port } = kind.startsWith("cluster") ? cluster : redis;
    if (kind === "node-redis") return { client: createClient({ url }), close: () => {} };
    if (kind === "cluster of node-redis") {
      return { client: createCluster({ rootNodes: [{ url }] }), close: () => {} };
    }
    const client =
      kind === "ioredis"
        ? new Redis(port, "127.0.0.1", { lazyConnect: true })
        : new Cluster([{ host: "127.0.0.1", port }], { lazyConnect: true });
    return { client, close: () => client.disconnect() };
  }

  describe.each(kinds)("with %s meets the contract of rate limiters", (kind) => {
    const subject = {
      name: kind,
      isShared: true,
      open: () => {
        const name = randomUUID();
        const mine = kind === "url" ? undefined : clientOf(kind);
        return {
          limiter: (given: Parameters<typeof redisRateLimiter>[0]) =>
            redisRateLimiter(
              given,
              mine === undefined ? { name, url: redis.url } : { name, client: mine.client },
            ),
          close: () => void mine?.close(),
        };
      },
    };
    const all = limiterConformance(subject);
    // The two libraries differ in how they connect and listen; all the rest is the same for all kinds.
    const isWhole = kind === "url" || kind === "ioredis";
    const some = all.filter(({ name }) => /over all processes|holds all processes back/.test(name));
    // oxlint-disable-next-line vitest/expect-expect -- each test of the suite asserts
    it.concurrent.for(isWhole ? all : some)("$name", { timeout: 30_000 }, ({ run }) => run());
  });
});
