import type { Db } from "pg-boss";
import type { OpenDatabase } from "./open-database.ts";

/** A job as pg-boss takes it. */
export interface NewRow {
  readonly id: string;
  readonly data: object;
  readonly priority?: number;
  readonly startAfter: string;
}

/**
 * Stores batches of jobs of one kind, several at once, and yet so that jobs of an earlier batch are older: a job is as old
 * as the transaction that stores it, and one transaction begins after the other.
 */
export class OrderedInserts {
  readonly #database: OpenDatabase;
  readonly #name: string;
  readonly #batches: number;
  /** The batches before have begun. */
  #begun: Promise<void> = Promise.resolve();

  /** @param batches how many there will be: one alone needs no transaction */
  constructor(database: OpenDatabase, name: string, batches: number) {
    this.#database = database;
    this.#name = name;
    this.#batches = batches;
  }

  /** Returns the ids of those that were not there. */
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
        // Two calls that store the same keys in another order may stand in each other's way: nothing was stored.
        if ((error as { code?: unknown }).code !== "40P01" || attempt === 10) throw error;
        // PostgreSQL has taken a second to notice. Those that store in one order wait for each other in turn. Not at first,
        // as claims are faster where jobs lie in their order.
        rows.sort((a, b) => (a.id < b.id ? -1 : 1));
      }
    }
  }

  #after(before: Promise<void>, begun: () => void): Db {
    const db = this.#database.boss.getDb();
    return {
      executeSql: async (sql, values) => {
        // Embedded, statements stand in one line.
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
