import { type Abortable, unwatchAbort, watchAbort } from "@llx/support";
import type { RateLease } from "./rate-lease.ts";
import type { Queued } from "./wait-queue.ts";

/** A wait for the leave to start. */
export class RateWaiter implements Abortable, Queued {
  place = 0;
  readonly tokens: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (lease: RateLease) => void;
  readonly reject: (reason: unknown) => void;
  readonly #giveUp: (waiter: RateWaiter, reason: unknown) => void;

  constructor(
    giveUp: (waiter: RateWaiter, reason: unknown) => void,
    tokens: number,
    signal: AbortSignal | undefined,
    resolve: (lease: RateLease) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#giveUp = giveUp;
    this.tokens = tokens;
    this.resolve = resolve;
    this.reject = reject;
    this.signal = signal;
    if (signal !== undefined) watchAbort(signal, this);
  }

  aborted(reason: unknown): void {
    this.#giveUp(this, reason);
  }

  /** Leaves no listener behind. */
  rest(): void {
    if (this.signal !== undefined) unwatchAbort(this.signal, this);
  }
}
