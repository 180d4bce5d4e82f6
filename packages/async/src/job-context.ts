import type { JobContext } from "./job.ts";
import { keepAlive } from "./keep-alive.ts";

/** What one job is told of itself. Its signal is made when it is first read: most jobs never look at it. */
export class Context implements JobContext {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(/* @__PURE__ */ new this(0, 1, undefined));

  readonly index: number;
  readonly attempt: number;
  /** When the first attempt began, where somebody asks. */
  readonly startedAt: number | undefined;
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  constructor(index: number, attempt: number, startedAt: number | undefined) {
    this.index = index;
    this.attempt = attempt;
    this.startedAt = startedAt;
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
