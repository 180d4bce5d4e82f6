import type { RateAnswer, RateAsk, RateStore } from "@llx/async/shared";
import type { Connection } from "./connection.ts";

/** One limit in a PostgreSQL. */
export class PostgresRateStore implements RateStore {
  readonly #connection: Connection;
  readonly #name: string;
  #isClosed = false;

  /** @param connection is released when the store is closed */
  constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.#name = name;
  }

  async trade(ask: RateAsk): Promise<RateAnswer> {
    if (this.#isClosed) throw new Error("the store is closed");
    const answer = await this.#connection.trade(
      this.#name,
      JSON.stringify({ ...ask, wants: ask.wants.flat() }),
    );
    return JSON.parse(answer) as RateAnswer;
  }

  watch(listener: (pausedFor: number) => void): () => void {
    return this.#connection.listener.watch(this.#name, listener);
  }

  async aclose(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#connection.release();
  }
}
