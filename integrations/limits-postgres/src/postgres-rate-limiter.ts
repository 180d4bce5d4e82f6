import type { RateLimits } from "@llx/async";
import { SharedRateLimiter, type SharedRateLimiterOptions } from "@llx/async/shared";
import { checkNames, describe, describeKind, isObject, type NamesOf, postgresName } from "@llx/support";
import { Connection, type PostgresPool } from "./connection.ts";
import { PostgresRateStore } from "./postgres-rate-store.ts";

/** Which limit it is, and where. */
export interface PostgresRateLimiterOptions extends SharedRateLimiterOptions {
  /** Names the limit in the database: limiters with the same name share it. 1 to 200 characters. */
  readonly name: string;
  /** A PostgreSQL, 13 or later: `postgres://user:password@host/database`. */
  readonly connectionString?: string | undefined;
  /**
   * In place of `connectionString`: a `Pool` of `pg` that the program has. It is never closed here. One more connection is made
   * with its options, to hear of pauses.
   */
  readonly pool?: PostgresPool | undefined;
  /**
   * The PostgreSQL schema of tables and function, created if missing.
   *
   * @default "llx_limits"
   */
  readonly schema?: string | undefined;
}

const names: NamesOf<PostgresRateLimiterOptions> = {
  name: true,
  connectionString: true,
  pool: true,
  schema: true,
  onStoreError: true,
  learn: true,
};

/**
 * A rate limiter whose limits hold for all processes that name the same limit in the same PostgreSQL. Creates what it needs
 * there, once.
 *
 * @example
 * ```ts
 * const rate = await postgresRateLimiter(
 *   { requests: { limit: 500, interval: 60_000 } },
 *   { name: "openai", connectionString: process.env["DATABASE_URL"] },
 * );
 * const lease = await rate.acquire();
 * lease.settle();
 * await rate.aclose();
 * ```
 * @throws TypeError or RangeError for invalid limits or options, before anything is sent; Error where the database cannot be
 *   reached, or the role may not create what is missing
 */
export async function postgresRateLimiter(
  limits: RateLimits,
  options: PostgresRateLimiterOptions,
): Promise<SharedRateLimiter> {
  checkPostgresOptions(options);
  const { name, connectionString, pool, schema = "llx_limits", onStoreError, learn } = options;
  const connection = Connection.to({ database: connectionString ?? pool!, schema });
  const store = new PostgresRateStore(connection, name);
  try {
    const limiter = new SharedRateLimiter(limits, store, { onStoreError, learn });
    await connection.open().catch((error: unknown) => {
      const where =
        connectionString === undefined ? "PostgreSQL by its pool" : postgresName(connectionString);
      throw new Error(
        `the rate limiter ${JSON.stringify(name)} cannot open ${where}: ${(error as Error).message}`,
        {
          cause: (error as Error).cause,
        },
      );
    });
    return limiter;
  } catch (error) {
    await store.aclose();
    throw error;
  }
}

/** @throws TypeError or RangeError that states what was given and what is allowed, without a password */
function checkPostgresOptions(options: PostgresRateLimiterOptions): void {
  checkNames(options, names);
  const { name, connectionString, pool, schema } = options;
  if (typeof name !== "string") throw new TypeError(`name must be a string, not ${describeKind(name)}`);
  if (name.length < 1 || name.length > 200 || name.includes("\0")) {
    throw new RangeError(`name must have 1 to 200 characters, and no NUL, not ${describe(name)}`);
  }
  if ((connectionString === undefined) === (pool === undefined)) {
    throw new TypeError("pass a connectionString or a pool of pg, one of them");
  }
  if (connectionString !== undefined) checkConnectionString(connectionString);
  if (pool !== undefined && !(isObject(pool) && typeof pool.query === "function" && isObject(pool.options))) {
    throw new TypeError(`pool must be a Pool of pg, not ${describeKind(pool)}`);
  }
  if (schema !== undefined && (typeof schema !== "string" || !/^[a-z_][a-z0-9_]{0,49}$/.test(schema))) {
    throw new RangeError(
      'schema must have 1 to 50 lower-case letters, digits or "_", and not begin with a digit',
    );
  }
}

/** Shows nothing of the value, which contains a password. */
function checkConnectionString(value: unknown): void {
  if (typeof value !== "string") {
    throw new TypeError(`connectionString must be a string, not ${describeKind(value)}`);
  }
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    throw new TypeError("connectionString must be a URL, postgres://user:password@host:port/database");
  }
}
