import { RequestWatch } from "./request-watch.ts";

/** The requests of one client that are in flight. */
export class InFlightRequests {
  readonly #watches = new Set<RequestWatch>();
  #idle: PromiseWithResolvers<void> | undefined;

  /** Adds a request, until its watch is finished. */
  watch(caller: AbortSignal | undefined): RequestWatch {
    const watch = new RequestWatch(caller, (finished) => {
      this.#watches.delete(finished);
      if (this.#watches.size === 0) this.#idle?.resolve();
    });
    this.#watches.add(watch);
    return watch;
  }

  /** Resolves when no request is in flight. None may be added after this call. */
  idle(): Promise<void> {
    if (this.#watches.size === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers();
    return this.#idle.promise;
  }

  endAll(error: () => unknown): void {
    for (const watch of this.#watches) watch.end(error());
  }
}
