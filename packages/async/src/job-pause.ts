import { AsyncLocalStorage } from "node:async_hooks";
import type { CallbackManager, EventContext } from "@llx/callbacks";
import type { JobProgress } from "./job-progress.ts";
import { pausedInWords } from "./progress-words.ts";

/** Shorter pauses, in milliseconds, are not worth a word. */
const shortest = 1_000;

/** Shows that a call waits for a service that refuses: beside its progress, and as an event of each wait. */
export class JobPause {
  readonly #progress: JobProgress | undefined;
  readonly #manager: CallbackManager | undefined;
  /** Events belong to the caller's trace, whichever call was refused. */
  readonly #inContext: (<R>(body: () => R) => R) | undefined;
  #event: EventContext<"service_pause"> | undefined;
  #isShown = false;

  constructor(progress: JobProgress | undefined, manager: CallbackManager | undefined) {
    this.#progress = progress;
    this.#manager = manager;
    if (manager !== undefined) this.#inContext = AsyncLocalStorage.snapshot();
  }

  /** @param nextTry on the clock of `performance.now()`; `undefined` when the service takes requests again */
  readonly changed = (nextTry: number | undefined): void => {
    const wait = nextTry === undefined ? 0 : nextTry - performance.now();
    this.#event?.onEnd();
    this.#event = undefined;
    if (wait < shortest) {
      if (this.#isShown && nextTry === undefined) this.#show(undefined);
      return;
    }
    this.#show(wait);
    this.#event = this.#inContext?.(() =>
      this.#manager?.startEvent("service_pause", { reason: pausedInWords(wait), wait }),
    );
  };

  /** The call is over. */
  end(): void {
    this.#event?.onEnd();
    this.#event = undefined;
  }

  #show(wait: number | undefined): void {
    this.#isShown = wait !== undefined;
    this.#progress?.pause(wait);
  }
}
