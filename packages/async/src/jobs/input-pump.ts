import { describe, isThenable } from "@llx/support";
import type { InputIterator } from "./job-inputs.ts";

// The states of a pump. Numbers, because they are compared several times for each job, and strings are slower.
export const idle = 0;
/** The source was asked for the next input. */
const pulling = 1;
/** An async input has arrived and not been taken. */
export const holding = 2;
/** The inputs have ended, or were closed. */
export const ended = 3;

/** Returned when no input is available now. */
export const none: unique symbol = Symbol("none");

/**
 * Pulls the inputs of a run, one at a time. Holds an async input that arrives when no worker is free.
 */
export class InputPump<I> {
  readonly #inputs: InputIterator<I>;
  readonly #onArrival: () => void;
  readonly #onError: (error: unknown) => void;
  state: typeof idle | typeof pulling | typeof holding | typeof ended = idle;
  #held: I | typeof none = none;

  /**
   * @param onArrival called when an async input has arrived, or the source has ended
   * @param onError called once with the error of the source, which ends it
   */
  constructor(inputs: InputIterator<I>, onArrival: () => void, onError: (error: unknown) => void) {
    this.#inputs = inputs;
    this.#onArrival = onArrival;
    this.#onError = onError;
  }

  /** The next input; {@link none} if the source is pending or has ended. */
  take(): I | typeof none {
    if (this.state !== idle) return this.#takeHeld();
    this.state = pulling;
    try {
      const pulled = this.#inputs.next();
      if (!isThenable(pulled)) return this.#open(pulled);
      pulled.then(this.#onPulled, this.#onFailed);
    } catch (error) {
      this.#fail(error);
    }
    return none;
  }

  /** Closes the source, unless it has ended. An input that arrives from now on is dropped. */
  async close(): Promise<void> {
    if (this.state === ended) return;
    this.state = ended;
    this.#held = none;
    // Not synchronously: the generator that caused this may still be running.
    await Promise.resolve();
    await this.#inputs.return?.();
  }

  #takeHeld(): I | typeof none {
    const held = this.#held;
    if (this.state === holding) this.state = idle;
    this.#held = none;
    return held;
  }

  readonly #onPulled = (pulled: IteratorResult<I, unknown>): void => {
    try {
      const input = this.#open(pulled);
      if (input !== none) {
        this.#held = input;
        this.state = holding;
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#onArrival();
  };

  readonly #onFailed = (error: unknown): void => {
    this.#fail(error);
    this.#onArrival();
  };

  #open(pulled: IteratorResult<I, unknown>): I | typeof none {
    if (typeof pulled !== "object" || pulled === null) {
      throw new TypeError(`the iterator of the inputs must return { value, done }, not ${describe(pulled)}`);
    }
    if (pulled.done) this.state = ended;
    // Ended, or closed during the pull.
    if (this.state !== pulling) return none;
    this.state = idle;
    return pulled.value as I;
  }

  #fail(error: unknown): void {
    this.state = ended;
    this.#onError(error);
  }
}
