import { type Abortable, timerDelay, unwatchAbort, watchAbort } from "@llx/support";
import type { Asker } from "../support/observer.ts";
import { keepAlive } from "../support/keep-alive.ts";
import type { Queued } from "./wait-queue.ts";

const nothing = (): void => {};

/** A wait in a {@link WaitQueue}. It resolves with what it waits for, or rejects with the reason passed to `giveUp`. */
export class Waiter<T> implements Abortable, Queued {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(
    /* @__PURE__ */ new this(nothing, 1, nothing, nothing),
  );

  position = 0;
  /** How much it waits for: permits, or tokens. */
  readonly weight: number;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
  readonly asker: Asker | undefined;
  signal: AbortSignal | undefined = undefined;
  readonly #giveUp: (waiter: Waiter<T>, reason: unknown) => void;
  #endWatch: (() => void) | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;

  /** @param asker the caller, if there is an observer */
  constructor(
    giveUp: (waiter: Waiter<T>, reason: unknown) => void,
    weight: number,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
    asker?: Asker,
  ) {
    this.asker = asker;
    this.weight = weight;
    this.resolve = resolve;
    this.reject = reject;
    this.#giveUp = giveUp;
  }

  /** Gives up when the signal is aborted. */
  watch(signal: AbortSignal): void {
    this.signal = signal;
    watchAbort(signal, this);
  }

  /** Gives up with a `TimeoutError` after `timeout` milliseconds. */
  limit(timeout: number, message: () => string): void {
    const expire = (): void => this.#giveUp(this, new DOMException(message(), "TimeoutError"));
    this.#timer = setTimeout(expire, timerDelay(timeout));
  }

  /** Notifies the observer that the wait begins. */
  report(): void {
    const ends = this.#timer !== undefined;
    this.#endWatch = this.asker?.wait(this.weight, ends, (error) => this.#giveUp(this, error));
  }

  aborted(reason: unknown): void {
    this.#giveUp(this, reason);
  }

  /** The wait is over: its timer and its listener are removed. */
  cleanUp(): void {
    this.#endWatch?.();
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    if (this.signal !== undefined) unwatchAbort(this.signal, this);
  }
}
