import type { JobContext } from "./job.ts";
import type { RateLease } from "../limits/rate-lease.ts";
import { keepAlive } from "../support/keep-alive.ts";

/** How often a service has refused a job, and when it began to. */
export interface Refusals {
  readonly count: number;
  readonly since: number;
}

/** The attempts at a job that have failed. */
export interface Earlier {
  readonly attempts: number;
  readonly refusals: Refusals | undefined;
}

/** What one job is told of itself. Its signal is made when it is first read: most jobs never look at it. */
export class Context implements JobContext {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(
    /* @__PURE__ */ new this(0, undefined, undefined),
  );

  readonly index: number;
  readonly attempt: number;
  /** When the first attempt began, where somebody asks. */
  readonly startedAt: number | undefined;
  /** How often a service has refused the job, and since when; `undefined` where it never has. */
  readonly refusals: Refusals | undefined;
  lease: RateLease | undefined = undefined;
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  /** @param earlier what is known of the attempts before; `undefined` for the first */
  constructor(index: number, startedAt: number | undefined, earlier: Earlier | undefined) {
    this.index = index;
    this.startedAt = startedAt;
    this.attempt = earlier === undefined ? 1 : earlier.attempts + 1;
    this.refusals = earlier?.refusals;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = { reason };
    this.#controller?.abort(reason);
  }
}
