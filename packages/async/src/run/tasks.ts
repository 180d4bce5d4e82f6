import { type Abortable, isAbortError } from "@llx/support";
import { endsWithin } from "./ends-within.ts";
import { abandonment, type Failure, warnOfFailure } from "./failures.ts";

/** Tasks that end together: the first failure, or an abort, aborts the signal of all. */
export class Tasks implements Abortable {
  readonly #controller = new AbortController();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #running = new Map<Promise<void>, string>();
  readonly #failures: Failure[] = [];
  #closed = false;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The first failure or the abort, then later failures that are not its consequence, and what was abandoned. */
  get failures(): readonly Failure[] {
    return this.#failures;
  }

  /** Whether no more tasks may start. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Starts a task. Its promise may be ignored. */
  start<T>(name: string, task: () => T | PromiseLike<T>): Promise<T> {
    const started = (async () => task())();
    const ended: Promise<void> = started.then(
      () => this.#end(ended),
      (error: unknown) => {
        this.#end(ended);
        this.#stop({ what: `${name} failed`, error });
      },
    );
    this.#running.set(ended, name);
    return started;
  }

  aborted(reason: unknown): void {
    if (!this.signal.aborted) this.#stop({ what: "the run was aborted", error: reason }, reason);
  }

  /**
   * Awaits all tasks, including those started meanwhile; after an abort, for `grace` milliseconds. Then no more may
   * start, and those that have not ended are one more failure, which names them.
   */
  async close(grace: number): Promise<void> {
    const allEnded = this.#allEnded();
    await Promise.race([allEnded, this.#stopped.promise]);
    if (!this.#closed && !(await endsWithin(grace, allEnded))) {
      this.#closed = true;
      const problem = `tasks ignored the abort for ${grace} ms, and were abandoned`;
      const names = this.#running.values();
      this.#failures.push(
        abandonment("tasks failed", problem, names, "Pass the signal to what they wait for"),
      );
    }
  }

  async #allEnded(): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- tasks may start others
    while (this.#running.size > 0) await Promise.all(this.#running.keys());
    this.#closed = true;
  }

  #end(ended: Promise<void>): void {
    this.#running.delete(ended);
  }

  #stop(
    failure: Failure,
    reason: unknown = new DOMException("another task of the same run failed", "AbortError"),
  ): void {
    if (!this.signal.aborted) {
      this.#failures.push(failure);
      this.#controller.abort(reason);
      this.#stopped.resolve();
    } else if (!this.#isKnown(failure.error)) {
      if (this.#closed) warnOfFailure(failure);
      else this.#failures.push(failure);
    }
  }

  /** Whether an error is a consequence of the abort, or one of the failures again. */
  #isKnown(error: unknown): boolean {
    if (isAbortError(error) || this.#failures.some((failure) => failure.error === error)) return true;
    // An error that contains several reports more than its cause.
    return error instanceof Error && error.cause === this.signal.reason && !("errors" in error);
  }
}
