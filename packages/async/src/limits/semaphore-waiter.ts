import { type Abortable, timerDelay, unwatchAbort, watchAbort } from "@llx/support";
import type { Asker } from "../inspect/holders.ts";
import { keepAlive } from "../support/keep-alive.ts";
import type { Permit } from "./semaphore.ts";
import type { Queued } from "./wait-queue.ts";
import type { WatchedSemaphore } from "../inspect/watched-semaphore.ts";

const nothing = (): void => {};

/** A wait for permits of a semaphore. It ends with them, or with what its `giveUp` is told. */
export class SemaphoreWaiter implements Abortable, Queued {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(
    /* @__PURE__ */ new this(nothing, 1, nothing, nothing, undefined),
  );

  place = 0;
  readonly weight: number;
  readonly resolve: (permit: Permit) => void;
  readonly reject: (reason: unknown) => void;
  readonly asker: Asker | undefined;
  signal: AbortSignal | undefined = undefined;
  readonly #giveUp: (waiter: SemaphoreWaiter, reason: unknown) => void;
  #untell: (() => void) | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(
    giveUp: (waiter: SemaphoreWaiter, reason: unknown) => void,
    weight: number,
    resolve: (permit: Permit) => void,
    reject: (reason: unknown) => void,
    asker: Asker | undefined,
  ) {
    this.asker = asker;
    this.weight = weight;
    this.resolve = resolve;
    this.reject = reject;
    this.#giveUp = giveUp;
  }

  watch(signal: AbortSignal): void {
    this.signal = signal;
    watchAbort(signal, this);
  }

  /** @param timeout in milliseconds */
  limit(timeout: number, label: string): void {
    const expire = (): void => {
      const permits = this.weight === 1 ? "a permit" : `${this.weight} permits`;
      const message = `${label}: ${permits} did not come free within ${timeout} ms`;
      this.#giveUp(this, new DOMException(message, "TimeoutError"));
    };
    this.#timer = setTimeout(expire, timerDelay(timeout));
  }

  tell(watched: WatchedSemaphore, asker: Asker, ends: boolean): void {
    this.#untell = watched.wait(asker, this.weight, ends, (error) => this.#giveUp(this, error));
  }

  aborted(reason: unknown): void {
    this.#giveUp(this, reason);
  }

  /** Leaves no timer and no listener behind. */
  rest(): void {
    this.#untell?.();
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    if (this.signal !== undefined) unwatchAbort(this.signal, this);
  }
}
