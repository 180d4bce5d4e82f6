import type { OpenDatabase } from "./open-database.ts";

/** The table of the kinds of jobs that are paused. */
export const pausedTable = (schema: string): string => `${schema}.llx_paused`;

/** Which kinds of jobs are paused, in the database: no process starts a job of them. */
export class Pauses {
  readonly #database: OpenDatabase;
  readonly #table: string;

  constructor(database: OpenDatabase, schema: string) {
    this.#database = database;
    this.#table = pausedTable(schema);
  }

  /** Creates the table, where it is missing. */
  async prepare(): Promise<void> {
    await this.#database.query(
      `DO $do$ BEGIN
         IF to_regclass('${this.#table}') IS NULL THEN
           CREATE TABLE ${this.#table} (name text PRIMARY KEY, since timestamptz NOT NULL DEFAULT now());
         END IF;
       EXCEPTION WHEN duplicate_table OR unique_violation THEN NULL;
       END $do$`,
    );
  }

  async pause(name: string): Promise<void> {
    await this.#database.query(`INSERT INTO ${this.#table} (name) VALUES ($1) ON CONFLICT DO NOTHING`, [
      name,
    ]);
  }

  async resume(name: string): Promise<void> {
    await this.#database.query(`DELETE FROM ${this.#table} WHERE name = $1`, [name]);
  }

  /** Those of these kinds that are paused. */
  async of(names: readonly string[]): Promise<Set<string>> {
    const rows = await this.#database.query(`SELECT name FROM ${this.#table} WHERE name = ANY($1::text[])`, [
      names,
    ]);
    return new Set(rows.map((row) => row["name"] as string));
  }
}
