import type { RateLimits } from "@llx/async";
import type { SharedRateLimiter } from "@llx/async/shared";
import { limiterConformance } from "@llx/async/testing";
import { Client, Pool } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { hasPostgres, startPostgres, type TestPostgres } from "../../../tests/postgres.ts";
import { postgresRateLimiter, type PostgresRateLimiterOptions } from "./index.ts";

const limits: RateLimits = { requests: { limit: 5, interval: 60_000 } };
const url = "postgres://user:secret@127.0.0.1:1/db";

describe("options", () => {
  it.each<[object, string]>([
    [{ connectionString: url }, "name must be a string"],
    [{ name: "", connectionString: url }, "name must have 1 to 200 characters"],
    [{ name: "a" }, "pass a connectionString or a pool of pg, one of them"],
    [{ name: "a", connectionString: "secret" }, "connectionString must be a URL"],
    [{ name: "a", pool: {} }, "pool must be a Pool of pg"],
    [{ name: "a", connectionString: url, schema: "A" }, "schema must have 1 to 50 lower-case letters"],
    [{ name: "a", connectionUrl: url }, "there is no option connectionUrl"],
    [{ name: "a", connectionString: url, onStoreError: "no" }, "onStoreError must be"],
  ])("%o are refused", async (options, message) => {
    const error: unknown = await postgresRateLimiter(limits, options as PostgresRateLimiterOptions).catch(
      (reason: unknown) => reason,
    );
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain("secret");
  });

  it("that lead to no server are an error that names it, without a password", async () => {
    await expect(postgresRateLimiter(limits, { name: "a", connectionString: url })).rejects.toThrow(
      'the rate limiter "a" cannot open PostgreSQL at 127.0.0.1:1/db: connect ECONNREFUSED 127.0.0.1:1',
    );
  });
});

describe.runIf(hasPostgres("rate limits that processes share in PostgreSQL"))("on PostgreSQL", () => {
  let postgres: TestPostgres;
  let admin: Client;
  let number = 0;
  const opened: SharedRateLimiter[] = [];

  beforeAll(async () => {
    postgres = await startPostgres();
    admin = await connected();
  }, 60_000);

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((limiter) => limiter.aclose()));
  });

  afterAll(async () => {
    await admin.end();
    await postgres.close();
  });

  async function connected(): Promise<Client> {
    const client = new Client({ connectionString: postgres.url });
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  async function open(
    name: string,
    options: Partial<PostgresRateLimiterOptions> = {},
    given = limits,
  ): Promise<SharedRateLimiter> {
    const where = options.pool === undefined ? { connectionString: postgres.url } : {};
    const limiter = await postgresRateLimiter(given, { name, ...where, ...options });
    opened.push(limiter);
    return limiter;
  }

  const connections = async (): Promise<number> => {
    const { rows } = await admin.query<{ count: number }>(
      "SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'llx-limits'",
    );
    return rows[0]!.count;
  };

  describe("it meets the contract of rate limiters", () => {
    const subject = {
      name: "postgresRateLimiter",
      isShared: true,
      open: () => {
        const name = `contract ${++number}`;
        // Each has its own connections, as a process has.
        const pools: Pool[] = [];
        return {
          limiter: (given: RateLimits) => {
            const pool = new Pool({ connectionString: postgres.url });
            pools.push(pool);
            return postgresRateLimiter(given, { name, pool });
          },
          close: async () => void (await Promise.all(pools.map((pool) => pool.end()))),
        };
      },
    };
    it.for(limiterConformance(subject))("$name", async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    });
  });

  it("eight create what is missing at once", async () => {
    const pools = Array.from({ length: 8 }, () => new Pool({ connectionString: postgres.url }));
    const eight = await Promise.all(pools.map((pool) => open("eight", { pool, schema: "eight" })));
    await Promise.all(eight.slice(3).map((limiter) => limiter.acquire()));
    await Promise.all(opened.splice(0).map((limiter) => limiter.aclose()));
    // A pool of the program stays open.
    expect((await pools[0]!.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await Promise.all(pools.map((pool) => pool.end()));
  });

  it("a role needs no more than to use the schema, once the function exists", async () => {
    await (await open("granted")).aclose();
    await admin.query("CREATE ROLE least LOGIN; GRANT USAGE ON SCHEMA llx_limits TO least");
    const connectionString = postgres.url.replace("postgres:any@", "least:any@");
    const limiter = await open("granted", { connectionString });
    await limiter.acquire();
    const least = new Client({ connectionString });
    await least.connect();
    await expect(least.query("SELECT * FROM llx_limits.limits")).rejects.toThrow("permission denied");
    await least.end();
  });

  it("limiters of a process share their connections, and the last one closes them", async () => {
    const [one, other] = [await open("one"), await open("other")];
    await Promise.all([one.acquire(), other.acquire()]);
    expect(await connections()).toBeLessThanOrEqual(3);
    await one.aclose();
    await other.acquire();
    await other.aclose();
    await vi.waitFor(async () => expect(await connections()).toBe(0), 5_000);
  });

  it("limits that nobody has used for a day go when a new one comes, with all they have", async () => {
    const old = await open("old");
    await old.acquire();
    await old.aclose();
    await admin.query(
      "UPDATE llx_limits.limits SET idle_from = idle_from - 1e9, clock = clock - 1e9 WHERE name = 'old'",
    );
    await (await open("new")).acquire();
    const { rows } = await admin.query("SELECT name FROM llx_limits.limits WHERE name IN ('old', 'new')");
    expect(rows).toEqual([{ name: "new" }]);
    const rest = await admin.query(
      "SELECT 1 FROM llx_limits.slots WHERE limit_id NOT IN (SELECT id FROM llx_limits.limits)",
    );
    expect(rest.rows).toEqual([]);
  });

  it("a clock that is set back frees nothing early, and holds nothing for longer", async () => {
    const given = { requests: { limit: 5, interval: 400 } };
    const limiter = await open("clock", {}, given);
    await Promise.all(Array.from({ length: 5 }, () => limiter.acquire()));
    // As if the server had told a time one hour later before.
    await admin.query("UPDATE llx_limits.limits SET clock = clock + 3.6e6 WHERE name = 'clock'");
    await admin.query(
      "UPDATE llx_limits.slots SET expires_at = expires_at + 3.6e6 WHERE limit_id = (SELECT id FROM llx_limits.limits WHERE name = 'clock')",
    );
    await expect(limiter.acquire()).resolves.toBeDefined();
  });

  it("after a crash of the server, charges are there, pauses are heard, and it warns once", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const pool = new Pool({ connectionString: postgres.url });
    pool.on("error", () => {});
    const [limiter, other] = [await open("crash"), await open("crash", { pool })];
    await Promise.all([limiter.acquire(), limiter.acquire(), limiter.acquire()]);
    await postgres.restart("immediate");
    admin = await connected();
    await limiter.acquire();
    await limiter.acquire();
    expect(limiter.tryAcquire()).toBeUndefined();
    await vi.waitFor(() => expect(limiter.state.requests!.free).toBe(0), 5_000);
    // Not by an exchange of the other.
    await vi.waitFor(
      async () => {
        const { rows } = await admin.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
        expect(rows.length).toBe(2);
      },
      { timeout: 10_000 },
    );
    limiter.pauseUntil(Date.now() + 60_000);
    await vi.waitFor(() => expect(other.state.pausedFor).toBeGreaterThan(50_000), 5_000);
    expect(warn.mock.calls.length).toBeLessThanOrEqual(1);
    await Promise.all(opened.splice(0).map((each) => each.aclose()));
    await pool.end();
  }, 60_000);
});
