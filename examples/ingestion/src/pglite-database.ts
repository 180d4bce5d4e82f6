import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { Closing } from "@llx/async";
import type { Database, Query } from "./database.ts";
import { lockDirectory } from "./directory-lock.ts";

/** Opens the embedded database in a directory, which is created if missing, and kept. */
export async function openPglite(directory: string): Promise<Database> {
  await mkdir(directory, { recursive: true });
  // PGlite has no lock: two processes in one directory would silently lose each other's rows.
  const unlock = lockDirectory(directory);
  try {
    await writeFile(join(directory, ".gitignore"), "*\n");
    return new PgliteDatabase(directory, await openData(directory), unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** A new database gets its name when it is complete: a run killed earlier leaves nothing incomplete. */
async function openData(directory: string): Promise<PGlite> {
  const [data, unfinished] = [join(directory, "data"), join(directory, "unfinished")];
  if (!existsSync(data)) {
    await rm(unfinished, { recursive: true, force: true });
    const made = await PGlite.create(unfinished);
    await made.close();
    await rename(unfinished, data);
  }
  return PGlite.create(data, { extensions: { vector } });
}

class PgliteDatabase implements Database {
  readonly name: string;
  readonly #pglite: PGlite;
  readonly #closing: Closing;

  constructor(directory: string, pglite: PGlite, unlock: () => void) {
    this.name = `PGlite in ${directory}`;
    this.#pglite = pglite;
    this.#closing = new Closing("the database", async () => {
      try {
        await pglite.close();
      } finally {
        unlock();
      }
    });
  }

  readonly query: Query = (sql, parameters) => rowsOf(this.#pglite, sql, parameters);

  readonly transaction = <T>(body: (query: Query) => Promise<T>): Promise<T> =>
    this.#pglite.transaction((open) => body((sql, parameters) => rowsOf(open, sql, parameters)));

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

async function rowsOf<Row>(
  on: Pick<PGlite, "query">,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  return (await on.query<Row>(sql, [...parameters])).rows;
}
