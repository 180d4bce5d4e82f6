import { Closing, Semaphore } from "@llx/async";
import { Client } from "pg";
import { UsageError } from "./arguments.ts";
import type { Database, Query } from "./database.ts";

/** Connects to a PostgreSQL server. */
export async function openPostgres(url: string): Promise<Database> {
  const client = clientOf(url);
  const name = `PostgreSQL at ${client.host}:${client.port}/${client.database ?? ""}`;
  // A broken connection is reported by the statement that needs it.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    throw new Error(`no connection to ${name}: ${reason(error)}; is DATABASE_URL right?`, { cause: error });
  }
  try {
    await lock(client, name);
  } catch (error) {
    await client.end();
    throw error;
  }
  return new PostgresDatabase(name, client);
}

function clientOf(url: string): Client {
  // The parser's message about an invalid address may contain the password.
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UsageError("DATABASE_URL must be like postgres://user:password@host:5432/database");
  }
  return new Client({ connectionString: url });
}

/** The server releases it when the connection ends. */
async function lock(client: Client, name: string): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>(
    "SELECT pg_try_advisory_lock(hashtext('llx_ingestion')) AS locked",
  );
  if (!rows[0]!.locked) throw new Error(`another process writes to ${name}; wait until it has ended`);
}

/** If several addresses were tried, each has its own reason, and the whole has none. */
function reason(error: unknown): string {
  const each = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  return each.map((one) => (one instanceof Error ? one.message : String(one))).join(", ");
}

class PostgresDatabase implements Database {
  readonly name: string;
  readonly #client: Client;
  /** One connection: statements outside a transaction wait until it ends. */
  readonly #turn = new Semaphore(1, { label: "statements" });
  readonly #closing: Closing;

  constructor(name: string, client: Client) {
    this.name = name;
    this.#client = client;
    this.#closing = new Closing("the database", () => client.end());
  }

  readonly query: Query = (sql, parameters) => this.#turn.use(() => this.#rowsOf(sql, parameters));

  readonly transaction = <T>(body: (query: Query) => Promise<T>): Promise<T> =>
    this.#turn.use(async () => {
      await this.#client.query("BEGIN");
      try {
        const result = await body((sql, parameters) => this.#rowsOf(sql, parameters));
        await this.#client.query("COMMIT");
        return result;
      } catch (error) {
        // If the connection is broken, the server rolls back by itself.
        await this.#client.query("ROLLBACK").catch(() => {});
        throw error;
      }
    });

  async #rowsOf<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#client.query(sql, [...parameters])).rows as Row[];
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  aclose(): Promise<void> {
    return this.#closing.aclose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }
}
