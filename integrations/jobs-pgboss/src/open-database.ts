import { fromPglite, PgBoss } from "pg-boss";
import { openPglite } from "./open-pglite.ts";

/** Where the jobs are. */
export interface DatabasePlace {
  readonly connectionString?: string | undefined;
  readonly directory?: string | undefined;
  readonly schema: string;
  readonly connections: number;
}

/** pg-boss on a database that is ready. */
export interface OpenDatabase {
  readonly boss: PgBoss;
  /** Whether nobody else can see the jobs. */
  readonly embedded: boolean;
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/**
 * @param onError is told of what fails later, beside any call
 * @throws Error that says which database cannot be opened, and why; never with a password
 */
export async function openDatabase(
  place: DatabasePlace,
  onError: (error: unknown) => void,
): Promise<OpenDatabase> {
  const { connectionString, directory, schema, connections } = place;
  if (connectionString === undefined) return openEmbedded(directory, schema, onError);
  const boss = await start(
    new PgBoss({ ...settings(schema), connectionString, max: connections, application_name: "llx-jobs" }),
    nameOf(connectionString),
    onError,
  );
  return opened(boss, false, async () => {});
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
    const database = opened(boss, true, () => pglite.close());
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

function settings(schema: string): { schema: string; schedule: false; registerInstance: false } {
  return { schema, schedule: false, registerInstance: false };
}

async function start(boss: PgBoss, what: string, onError: (error: unknown) => void): Promise<PgBoss> {
  boss.on("error", onError);
  try {
    return await boss.start();
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {});
    throw new Error(`the job queue cannot open ${what}: ${messageOf(error)}`, { cause: error });
  }
}

function opened(boss: PgBoss, embedded: boolean, closeRest: () => Promise<void>): OpenDatabase {
  const db = boss.getDb();
  return {
    boss,
    embedded,
    query: async (sql, values) => (await db.executeSql(sql, values)).rows as Record<string, unknown>[],
    async close() {
      try {
        await boss.stop({ graceful: false });
      } finally {
        await closeRest();
      }
    },
  };
}

/** A database by what may be shown of its address. */
function nameOf(connectionString: string): string {
  const { host, pathname } = new URL(connectionString);
  return `PostgreSQL at ${host || "the local socket"}${pathname}`;
}

/** The errors of a refused connection are several in one, without words of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
