import { timerDelay } from "@llx/support";
import type { RateLease } from "./rate-lease.ts";
import { Waiter } from "./waiter.ts";
import { WaitQueue } from "./wait-queue.ts";

/** A request that waits for tokens, its weight, and for inputs. */
export class RateWaiter extends Waiter<RateLease> {
  inputs = 1;
}

/** Requests that wait for a rate, first come, first served. All times are those of `performance.now()`. */
export class RateQueue {
  readonly #startsAt: (tokens: number, inputs: number, now: number) => number;
  readonly #start: (tokens: number, inputs: number, now: number) => RateLease;
  readonly #queue = new WaitQueue<RateWaiter>();
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  /**
   * @param startsAt when to check again whether a request may start: `now` or earlier if it may start now
   * @param start counts a request as started
   */
  constructor(
    startsAt: (tokens: number, inputs: number, now: number) => number,
    start: (tokens: number, inputs: number, now: number) => RateLease,
  ) {
    this.#startsAt = startsAt;
    this.#start = start;
  }

  get size(): number {
    return this.#queue.size;
  }

  /** The requests that have waited longest, and no more of them than `most`. */
  peek(most: number): readonly RateWaiter[] {
    return this.#queue.all(most);
  }

  /** The request that has waited longest. */
  get first(): RateWaiter | undefined {
    return this.#queue.first;
  }

  /** @param at when the request may start, if it is first in the queue */
  wait(
    tokens: number,
    inputs: number,
    signal: AbortSignal | undefined,
    at: number,
    now: number,
  ): Promise<RateLease> {
    return new Promise((resolve, reject) => {
      const waiter = new RateWaiter(this.#giveUp, tokens, resolve, reject);
      waiter.inputs = inputs;
      this.#queue.add(waiter);
      if (signal !== undefined) waiter.watch(signal);
      if (this.#queue.size === 1) this.#wakeAt(at, now);
    });
  }

  /** Starts the requests that may start. Each is counted before its promise resolves, so that no other can slip in. */
  serve(): void {
    if (this.#queue.size === 0) return;
    const now = performance.now();
    for (let waiter = this.#queue.first; waiter !== undefined; waiter = this.#queue.first) {
      if (waiter.signal?.aborted) {
        // Its own notification is still pending.
        this.#reject(waiter, waiter.signal.reason);
        continue;
      }
      const at = this.#startsAt(waiter.weight, waiter.inputs, now);
      if (at > now) {
        this.#wakeAt(at, now);
        return;
      }
      this.#remove(waiter);
      waiter.resolve(this.#start(waiter.weight, waiter.inputs, now));
    }
  }

  /** Rejects each request for which `reason` returns one. */
  reject(reasonFor: (tokens: number, inputs: number) => unknown): void {
    if (this.#queue.size === 0) return;
    for (const waiter of this.#queue.all()) {
      const reason = reasonFor(waiter.weight, waiter.inputs);
      if (reason !== undefined) this.#reject(waiter, reason);
    }
  }

  /** One timer serves all waiters, and runs only while there are any. If it fires too early, it is set again. */
  #wakeAt(at: number, now: number): void {
    if (at >= this.#wakesAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    this.#timer = setTimeout(this.#wake, timerDelay(Math.ceil(at - now)));
  }

  readonly #wake = (): void => {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.serve();
  };

  /** A waiter was aborted. Those behind one that needs many tokens may start now. */
  readonly #giveUp = (waiter: Waiter<RateLease>, reason: unknown): void => {
    this.#reject(waiter as RateWaiter, reason);
    this.serve();
  };

  #reject(waiter: RateWaiter, reason: unknown): void {
    this.#remove(waiter);
    waiter.reject(reason);
  }

  #remove(waiter: RateWaiter): void {
    this.#queue.remove(waiter);
    waiter.cleanUp();
    if (this.#queue.size > 0) return;
    clearTimeout(this.#timer);
    this.#wakesAt = Number.POSITIVE_INFINITY;
  }
}
