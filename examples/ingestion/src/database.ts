import type { AsyncClosable } from "@llx/async";

/** Runs one statement; its parameters stand as `$1`, `$2`, … in it. Bytes are sent as they are, in PostgreSQL's binary form. */
export type Query = <Row>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;

/** PostgreSQL, wherever it runs: the same SQL for all. At most one process at a time has it open here. */
export interface Database extends AsyncClosable {
  /** As it is shown: without a password. */
  readonly name: string;
  readonly query: Query;
  /** All that the body does with its own `query` is done, or, where it throws, nothing of it. */
  readonly transaction: <T>(body: (query: Query) => Promise<T>) => Promise<T>;
}

/**
 * The server that `url` names, else the embedded database in `directory`. Only what is needed is loaded.
 *
 * @param signal its abort ends statements that take too long to finish
 */
export async function openDatabase(
  url: string | undefined,
  directory: string,
  signal?: AbortSignal,
): Promise<Database> {
  if (url === undefined || url.trim() === "") {
    const { openPglite } = await import("./pglite-database.ts");
    return openPglite(directory, signal);
  }
  const { openPostgres } = await import("./postgres-database.ts");
  return openPostgres(url);
}
