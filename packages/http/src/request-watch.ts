import { TimeLimit } from "@llx/support";

/** What may end a request early: the caller's signal, a time-out, the client's closing. */
export class RequestWatch {
  readonly #caller: AbortSignal | undefined;
  readonly #onFinish: (watch: RequestWatch) => void;
  readonly #stop = new AbortController();
  readonly #ending = Promise.withResolvers<never>();
  readonly #onAbort = (): void => this.end(this.#caller!.reason);
  #limit: TimeLimit | undefined;
  #finished = false;
  #reason: { readonly error: unknown } | undefined;

  /** @param caller must not be aborted yet */
  constructor(caller: AbortSignal | undefined, onFinish: (watch: RequestWatch) => void) {
    this.#caller = caller;
    this.#onFinish = onFinish;
    caller?.addEventListener("abort", this.#onAbort, { once: true });
    this.#ending.promise.catch(() => {});
  }

  /** Aborted when the request is ended. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Rejects with the reason as soon as there is one. */
  get ended(): Promise<never> {
    return this.#ending.promise;
  }

  /** Why the request was ended, if it was. */
  get reason(): { readonly error: unknown } | undefined {
    return this.#reason;
  }

  /** Ends the request with the result of `error` after `milliseconds`, unless the limit is removed or set again. */
  limit(milliseconds: number, error: () => unknown): void {
    this.removeLimit();
    if (this.#finished || milliseconds === Number.POSITIVE_INFINITY) return;
    this.#limit = new TimeLimit(milliseconds, () => this.end(error()));
  }

  removeLimit(): void {
    this.#limit?.clear();
  }

  end(error: unknown): void {
    if (this.#finished || this.#reason !== undefined) return;
    this.#reason = { error };
    this.#ending.reject(error);
    this.#stop.abort();
  }

  /** The request is over, whatever its outcome. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.removeLimit();
    this.#caller?.removeEventListener("abort", this.#onAbort);
    this.#onFinish(this);
  }
}
