import type { OpenDatabase } from "./open-database.ts";

/**
 * The time up to which all finished jobs are visible. A job is dated at the beginning of its transaction and becomes
 * visible at its end: a reader that reads up to now would miss it permanently.
 */
export class Watermark {
  readonly #database: OpenDatabase;
  #last: { readonly own: bigint; readonly at: string } | undefined;
  #until = "-infinity";

  constructor(database: OpenDatabase) {
    this.#database = database;
  }

  /** A time of the database. No job with an earlier date will become visible. */
  async next(): Promise<string> {
    // The query takes a transaction id itself: all earlier ones have ended once no lower id is open. From its beginning to
    // its id, a transaction takes far less than a second. The embedded database runs one transaction at a time.
    const [row] = await this.#database.query(
      `SELECT pg_snapshot_xmin(s)::text AS oldest, pg_current_xact_id()::text AS own, now()::text AS now,
         (clock_timestamp() - interval '1 second')::text AS at
       FROM pg_current_snapshot() AS s`,
    );
    const { oldest, own, now, at } = row as Record<"oldest" | "own" | "now" | "at", string>;
    if (this.#database.embedded) return now;
    if (this.#last === undefined || BigInt(oldest) >= this.#last.own) {
      this.#until = this.#last?.at ?? this.#until;
      this.#last = { own: BigInt(own), at };
    }
    return this.#until;
  }
}
