import { setTimeout as wait } from "node:timers/promises";
import { type AsyncClosable, Closing } from "@llx/async";

/** The connection was lost; the query may be repeated on another one. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";
}

/** A connection to the fake database: expensive to create, for one user at a time, and it can be lost. */
export class Connection implements AsyncClosable {
  readonly id: number;
  queries = 0;
  /** `false` when the connection is lost. */
  alive = true;
  readonly #closing = new Closing("the connection", () => wait(5));
  readonly #answer: () => boolean;

  /** @param answer whether the database answers the next query */
  constructor(id: number, answer: () => boolean) {
    this.id = id;
    this.#answer = answer;
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  aclose(): Promise<void> {
    return this.#closing.aclose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  async query(text: string, signal: AbortSignal): Promise<string> {
    this.#closing.throwIfClosed();
    this.queries++;
    this.alive &&= this.#answer();
    await wait(5, undefined, { signal });
    if (!this.alive) throw new ConnectionLostError(`connection ${this.id} was lost`);
    return `the answer to ${text}`;
  }
}
