import type { Db } from "pg-boss";
import type { OpenDatabase } from "./open-database.ts";

/** A job as pg-boss inserts it. */
export interface NewRow {
  readonly id: string;
  readonly data: object;
  readonly priority?: number;
  /** The tenant. */
  readonly group?: { readonly id: string };
  readonly startAfter: string;
}

/**
 * Stores batches of jobs of one kind, several at once, while jobs of an earlier batch are older: a job is as old as the
 * transaction that stores it, and the transactions begin one after another.
 */
export class OrderedInserts {
  readonly #database: OpenDatabase;
  readonly #name: string;
  readonly #batches: number;
  /** Resolves when the previous batches have begun. */
  #begun: Promise<void> = Promise.resolve();

  /** @param batches how many there will be: a single one needs no transaction */
  constructor(database: OpenDatabase, name: string, batches: number) {
    this.#database = database;
    this.#name = name;
    this.#batches = batches;
  }

  /** Returns the ids of those that are new. */
  async insert(rows: readonly NewRow[]): Promise<readonly string[]> {
    const before = this.#begun;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#begun = promise;
    try {
      return await this.#insert([...rows], this.#after(before, resolve));
    } finally {
      resolve();
    }
  }

  async #insert(rows: NewRow[], db: Db): Promise<readonly string[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- another attempt
        return (await this.#database.boss.insert(this.#name, rows, { returnId: true, db })) ?? [];
      } catch (error) {
        // Deadlock: two calls store the same keys in different orders. Nothing was stored.
        if ((error as { code?: unknown }).code !== "40P01" || attempt === 10) throw error;
        // PostgreSQL took a second to detect it. Calls that store in the same order wait for each other instead. This is not
        // the order of the first attempt, as claims are faster where jobs are stored in their own order.
        rows.sort((a, b) => (a.id < b.id ? -1 : 1));
      }
    }
  }

  #after(before: Promise<void>, begun: () => void): Db {
    const db = this.#database.boss.getDb();
    return {
      executeSql: async (sql, values) => {
        // The embedded database runs one statement at a time.
        if (this.#batches === 1 || db.beginTransaction === undefined) return db.executeSql(sql, values);
        await before;
        const transaction = await db.beginTransaction();
        begun();
        try {
          const result = await transaction.db.executeSql(sql, values);
          await transaction.commit();
          return result;
        } catch (error) {
          await transaction.rollback();
          throw error;
        }
      },
    };
  }
}
