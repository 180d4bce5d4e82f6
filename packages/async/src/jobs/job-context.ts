import type { JobContext } from "./job.ts";
import type { RateLease } from "../limits/rate-lease.ts";
import { keepAlive } from "../support/keep-alive.ts";

/** How often a service has refused a job, and since when. */
export interface Refusals {
  readonly count: number;
  /** By `performance.now()`. */
  readonly since: number;
}

/** The failed attempts at a job. */
export interface Earlier {
  readonly attempts: number;
  readonly refusals: Refusals | undefined;
  /** Of the last one. */
  readonly error: unknown;
}

/** What one attempt at a job receives. Its signal is created on first read, because most jobs never read it. */
export class Context implements JobContext {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(
    /* @__PURE__ */ new this(0, undefined, undefined),
  );

  readonly index: number;
  readonly attempt: number;
  /** When the first attempt began, by `performance.now()`; `undefined` if no limit depends on it. */
  readonly startedAt: number | undefined;
  /** `undefined` if no service has refused the job. */
  readonly refusals: Refusals | undefined;
  /** Why the previous attempt failed; `undefined` for the first. */
  readonly lastError: unknown;
  lease: RateLease | undefined = undefined;
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  /** @param earlier the previous attempts; `undefined` for the first */
  constructor(index: number, startedAt: number | undefined, earlier: Earlier | undefined) {
    this.index = index;
    this.startedAt = startedAt;
    this.attempt = earlier === undefined ? 1 : earlier.attempts + 1;
    this.refusals = earlier?.refusals;
    this.lastError = earlier?.error;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  get isAborted(): boolean {
    return this.#aborted !== undefined;
  }

  /** Whether an error is the reason for which the attempt was aborted. */
  isReason(error: unknown): boolean {
    return this.#aborted !== undefined && this.#aborted.reason === error;
  }

  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = { reason };
    this.#controller?.abort(reason);
  }
}
