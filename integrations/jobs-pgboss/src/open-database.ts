import { connectionMessage, passwordRedactor, postgresName } from "@llx/support";
import { fromPglite, PgBoss } from "pg-boss";
import { openPglite } from "./open-pglite.ts";

/** Which database to open. */
export interface DatabaseOptions {
  readonly connectionString?: string | undefined;
  readonly directory?: string | undefined;
  readonly schema: string;
  readonly connections: number;
}

/** pg-boss on an open database. */
export interface OpenDatabase {
  readonly boss: PgBoss;
  /** Whether only this process can access the jobs. */
  readonly embedded: boolean;
  /** Removes the password from an error of the database, in place. */
  redactPassword(error: unknown): void;
  /** Returns the rows; of several statements in one string, which cannot have values, those of the last one. */
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/**
 * @param onError receives errors that occur later, outside of calls
 * @throws Error that states which database cannot be opened, and why, without a password
 */
export async function openDatabase(
  options: DatabaseOptions,
  onError: (error: unknown) => void,
): Promise<OpenDatabase> {
  const { connectionString, directory, schema, connections } = options;
  if (connectionString === undefined) return openEmbedded(directory, schema, onError);
  const redactPassword = passwordRedactor({ connectionString });
  const boss = await start(
    new PgBoss({ ...settings(schema), connectionString, max: connections, application_name: "llx-jobs" }),
    postgresName(connectionString),
    onError,
    redactPassword,
  );
  return opened(boss, false, redactPassword, async () => {});
}

async function openEmbedded(
  directory: string | undefined,
  schema: string,
  onError: (error: unknown) => void,
): Promise<OpenDatabase> {
  const pglite = await openPglite(directory);
  try {
    const boss = await start(
      new PgBoss({ ...settings(schema), backend: "pglite", db: fromPglite(pglite) }),
      directory === undefined ? "the embedded database" : `the embedded database in ${directory}`,
      onError,
    );
    const database = opened(
      boss,
      true,
      () => {},
      () => pglite.close(),
    );
    // No other process can run jobs here: what ran when the last process ended is lost already, not after 10 seconds.
    await database.query(
      `UPDATE ${schema}.job SET heartbeat_on = now() - interval '1 day' WHERE state = 'active'`,
    );
    return database;
  } catch (error) {
    await pglite.close().catch(() => {});
    throw error;
  }
}

function settings(schema: string): { schema: string; registerInstance: false } {
  return { schema, registerInstance: false };
}

async function start(
  boss: PgBoss,
  what: string,
  onError: (error: unknown) => void,
  redactPassword: (error: unknown) => void = () => {},
): Promise<PgBoss> {
  boss.on("error", (error) => {
    redactPassword(error);
    onError(error);
  });
  try {
    return await boss.start();
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {});
    redactPassword(error);
    throw new Error(`the job queue cannot open ${what}: ${connectionMessage(error)}`, { cause: error });
  }
}

function opened(
  boss: PgBoss,
  embedded: boolean,
  redactPassword: (error: unknown) => void,
  closeRest: () => Promise<void>,
): OpenDatabase {
  const db = boss.getDb();
  return {
    boss,
    embedded,
    redactPassword,
    async query(sql, values) {
      const result: unknown = await db.executeSql(sql, values);
      const last = (Array.isArray(result) ? result.at(-1) : result) as { rows: Record<string, unknown>[] };
      return last.rows;
    },
    async close() {
      try {
        await boss.stop({ graceful: false });
      } finally {
        await closeRest();
      }
    },
  };
}
