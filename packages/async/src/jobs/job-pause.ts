import { AsyncLocalStorage } from "node:async_hooks";
import type { CallbackManager, EventContext } from "@llx/callbacks";
import type { JobProgress } from "./job-progress.ts";
import { pausedInWords } from "../progress/progress-words.ts";

/** Shorter pauses, in milliseconds, are not shown. */
const shortest = 1_000;

/** Shows that a call waits for a service that refuses: in its progress, and as one event per wait. */
export class JobPause {
  readonly #progress: JobProgress | undefined;
  readonly #manager: CallbackManager | undefined;
  readonly #onError: (error: unknown) => void;
  /** Runs code in the caller's trace, where the events belong even if another call was refused. */
  readonly #inContext: (<R>(body: () => R) => R) | undefined;
  #event: EventContext<"service_pause"> | undefined;
  #isShown = false;

  /** @param onError called with the error of a handler that has `raiseErrors` */
  constructor(
    progress: JobProgress | undefined,
    manager: CallbackManager | undefined,
    onError: (error: unknown) => void,
  ) {
    this.#progress = progress;
    this.#manager = manager;
    this.#onError = onError;
    if (manager !== undefined) this.#inContext = AsyncLocalStorage.snapshot();
  }

  /**
   * @param nextTry the time of the next attempt, by `performance.now()`; `undefined` when the service accepts requests
   * again
   */
  readonly changed = (nextTry: number | undefined): void => {
    const wait = nextTry === undefined ? 0 : nextTry - performance.now();
    const isLong = wait >= shortest;
    if (isLong) this.#show(wait);
    else if (this.#isShown && nextTry === undefined) this.#show(undefined);
    this.#safely(() => {
      this.#endEvent();
      if (isLong) this.#startEvent(wait);
    });
  };

  /** The call is over. */
  end(): void {
    this.#safely(() => this.#endEvent());
  }

  #startEvent(wait: number): void {
    this.#event = this.#inContext?.(() =>
      this.#manager?.startEvent("service_pause", { reason: pausedInWords(wait)[0], wait }),
    );
  }

  #endEvent(): void {
    const event = this.#event;
    this.#event = undefined;
    event?.onEnd();
  }

  #safely(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#onError(error);
    }
  }

  #show(wait: number | undefined): void {
    this.#isShown = wait !== undefined;
    this.#progress?.pause(wait);
  }
}
