import type { AsyncClosable } from "@llx/async";

/** Runs one statement with parameters `$1`, `$2`, … */
export type Query = <Row>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;

/** PostgreSQL, wherever it runs: the same SQL for all. At most one process at a time opens it here. */
export interface Database extends AsyncClosable {
  /** For display: without a password. */
  readonly name: string;
  readonly query: Query;
  /** All that the body does with its own `query` takes effect, or, if it throws, none of it. */
  readonly transaction: <T>(body: (query: Query) => Promise<T>) => Promise<T>;
}

/** The server that `url` names, else the embedded database in `directory`. Loads only what is needed. */
export async function openDatabase(url: string | undefined, directory: string): Promise<Database> {
  if (url === undefined || url.trim() === "") {
    const { openPglite } = await import("./pglite-database.ts");
    return openPglite(directory);
  }
  const { openPostgres } = await import("./postgres-database.ts");
  return openPostgres(url);
}
