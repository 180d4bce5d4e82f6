import type { Dispatcher } from "undici";
import type { Undici } from "./own-dispatcher.ts";

/** The connections of one client, opened for its first request, which can be given up for new ones. */
export class OwnPool {
  readonly #open: (undici: Undici) => Dispatcher;
  #current: Dispatcher | undefined;
  readonly #retired = new Set<Dispatcher>();

  constructor(open: (undici: Undici) => Dispatcher) {
    this.#open = open;
  }

  /** For the next request. */
  async current(): Promise<Dispatcher> {
    if (this.#current !== undefined) return this.#current;
    // Most of what importing this package would take, and not every program that imports it sends something. By file: for
    // "undici" Bun substitutes its own module, which has no pools.
    const undici = await import("undici/index.js");
    // Another request may have opened them meanwhile.
    return (this.#current ??= this.#open(undici));
  }

  /** Requests that run on these connections may end; others get new ones. */
  retire(dispatcher: Dispatcher): void {
    if (dispatcher !== this.#current) return;
    this.#current = undefined;
    this.#retired.add(dispatcher);
    dispatcher.close().then(
      () => this.#retired.delete(dispatcher),
      // It was destroyed meanwhile.
      () => {},
    );
  }

  /** Ends all connections. */
  async destroy(): Promise<void> {
    const opened = this.#current === undefined ? this.#retired : [this.#current, ...this.#retired];
    await Promise.all(Array.from(opened, (dispatcher) => dispatcher.destroy()));
  }
}
