import { setTimeout as wait } from "node:timers/promises";
import { Connection } from "./connection.ts";

/** A fake database that loses the connection on every tenth query. It records all connections. */
export class Database {
  readonly connections: Connection[] = [];
  #queries = 0;

  get open(): number {
    return this.connections.filter(({ closed }) => !closed).length;
  }

  async connect(): Promise<Connection> {
    const connection = new Connection(this.connections.length + 1, () => ++this.#queries % 10 !== 0);
    this.connections.push(connection);
    await wait(10);
    return connection;
  }

  /** Connected clients notice on their next query. */
  restart(): void {
    for (const connection of this.connections) connection.alive = false;
  }
}
