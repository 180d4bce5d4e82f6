import { Closing, Semaphore } from "@llx/async";
import type { Database, Query } from "./database.ts";

/** What a database needs of its connection. */
export interface Connection {
  /** As it is shown: without a password. */
  readonly name: string;
  readonly query: Query;
  readonly close: () => Promise<void>;
}

/** A database on one connection: a statement outside a transaction waits until the transaction is over. */
export class OneConnection implements Database {
  readonly name: string;
  readonly #connection: Connection;
  readonly #turn = new Semaphore(1, { label: "statements" });
  readonly #closing: Closing;

  constructor(connection: Connection) {
    this.name = connection.name;
    this.#connection = connection;
    this.#closing = new Closing("the database", connection.close);
  }

  readonly query: Query = (sql, parameters) => this.#turn.use(() => this.#connection.query(sql, parameters));

  readonly transaction = <T>(body: (query: Query) => Promise<T>): Promise<T> =>
    this.#turn.use(async () => {
      const { query } = this.#connection;
      await query("BEGIN");
      try {
        const result = await body(query);
        await query("COMMIT");
        return result;
      } catch (error) {
        // Where the connection is broken, the server rolls back by itself.
        await query("ROLLBACK").catch(() => {});
        throw error;
      }
    });

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
