import { Client } from "pg";
import { UsageError } from "./arguments.ts";
import type { Database } from "./database.ts";
import { OneConnection } from "./one-connection.ts";

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
  return new OneConnection({
    name,
    query: async <Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await client.query(sql, [...parameters])).rows as Row[],
    close: () => client.end(),
  });
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
