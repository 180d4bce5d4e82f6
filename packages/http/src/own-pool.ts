import type { Dispatcher } from "undici";

/** The connections of one client, which can be given up for new ones. */
export class OwnPool {
  readonly #open: () => Dispatcher;
  #current: Dispatcher;
  readonly #retired = new Set<Dispatcher>();

  constructor(open: () => Dispatcher) {
    this.#open = open;
    this.#current = open();
  }

  /** For the next request. */
  get current(): Dispatcher {
    return this.#current;
  }

  /** Requests that run on these connections may end; others get new ones. */
  retire(dispatcher: Dispatcher): void {
    if (dispatcher !== this.#current) return;
    this.#current = this.#open();
    this.#retired.add(dispatcher);
    dispatcher.close().then(
      () => this.#retired.delete(dispatcher),
      // It was destroyed meanwhile.
      () => {},
    );
  }

  /** Ends all connections. */
  async destroy(): Promise<void> {
    await Promise.all([this.#current, ...this.#retired].map((dispatcher) => dispatcher.destroy()));
  }
}
