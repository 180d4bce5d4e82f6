import type { Semaphore } from "./semaphore.ts";

/** After a refusal, so many successes are waited for before another may be risked: at most one in about 25. */
const successesForRefusal = 25;
/** So many rounds a scout is waited for: one that hangs, or takes for ever, must not stop all growth. */
const roundsForScout = 16;

/** A request under way. */
export interface Sent {
  /** How many were under way when it was sent, itself included. */
  readonly level: number;
  /** Which flight it belongs to: a new one begins with each signal of overload. */
  readonly flight: number;
  /** When it was sent, where that matters. */
  readonly at: number;
}

/** Of the time that a request may take, the part that is counted on. */
const usableTime = 0.9;

/**
 * The rule by which an `AdaptiveLimiter` changes its limit, as told there: it is told of what is sent and of what
 * comes back.
 */
export class LimitSearch {
  readonly #semaphore: Semaphore;
  readonly #min: number;
  readonly #max: number;
  readonly #timeout: number | undefined;
  /** So many at once can be answered in time, if the service works them off one after another. */
  #inTime = Number.POSITIVE_INFINITY;
  #running = 0;
  #flight = 0;
  /** As far as the last signal may shrink the limit. */
  #floor = 0;
  /** What was under way at the last signal, less what was refused since. */
  #gotThrough = 0;
  /** By how much the limit grows next. */
  #step = 1;
  /** The least number of successes before a step of 1. */
  #caution = 0;
  /** For so many successes, refusals say nothing of how many are under way. */
  #ignored = 0;
  /** Of this flight, since the last change. */
  #successes = 0;
  /** The first request sent with the limit full since it last changed. */
  #scout: Sent | undefined = undefined;
  #scoutIsBack = false;

  /** @param timeout how long a request may take, in milliseconds */
  constructor(semaphore: Semaphore, min: number, max: number, timeout: number | undefined) {
    this.#semaphore = semaphore;
    this.#min = min;
    this.#max = max;
    this.#timeout = timeout;
  }

  send(): Sent {
    const at = this.#timeout === undefined ? 0 : performance.now();
    const sent = { level: ++this.#running, flight: this.#flight, at };
    if (this.#scout === undefined && sent.level >= this.#semaphore.permits) this.#scout = sent;
    return sent;
  }

  succeeded(sent: Sent): void {
    this.#running--;
    if (this.#ignored > 0) this.#ignored--;
    if (this.#timeout !== undefined) this.#learnTime(sent, this.#timeout);
    // What was sent before the limit shrank does not tell whether it is low enough now.
    if (sent.flight !== this.#flight) return;
    this.#successes++;
    if (sent === this.#scout) this.#scoutIsBack = true;
    const limit = this.#semaphore.permits;
    const round = this.#step === 1 ? Math.max(limit, this.#caution) : limit;
    if (this.#scout === undefined || this.#successes < round) return;
    if (!this.#scoutIsBack && this.#successes < roundsForScout * limit) return;
    this.#change(Math.min(limit + this.#step, this.#max, this.#inTime));
    this.#step *= 2;
  }

  refused(sent: Sent): void {
    const limit = this.#semaphore.permits;
    if (sent.level === 1 && limit === this.#min) {
      // There were too many in a time, not too many at once.
      this.#ignored = successesForRefusal;
      this.#caution = 0;
      return this.forget(sent);
    }
    if (this.#ignored > 0) return this.forget(sent);
    if (sent.flight === this.#flight) {
      this.#flight++;
      this.#floor = Math.max(limit >> 1, this.#min);
      this.#gotThrough = this.#running;
      this.#step = 1;
      this.#caution = successesForRefusal;
    }
    this.#running--;
    this.#gotThrough--;
    this.#change(Math.max(Math.min(limit, sent.level - 1, this.#gotThrough), this.#floor));
  }

  /** It tells nothing; if it was the scout, another one is needed. */
  forget(sent: Sent): void {
    this.#running--;
    if (sent === this.#scout) this.#scout = undefined;
  }

  /** A service that works off one request after another takes n times as long for n of them. */
  #learnTime({ level, at }: Sent, timeout: number): void {
    const limit = this.#semaphore.permits;
    // One that was nearly alone tells little of how it is with many; but it is all that is known at the beginning.
    if (this.#inTime !== Number.POSITIVE_INFINITY && 2 * level < limit) return;
    const took = Math.max(performance.now() - at, 1);
    this.#inTime = Math.max(this.#min, Math.floor((usableTime * timeout * level) / took));
    if (limit > this.#inTime) this.#change(this.#inTime);
  }

  #change(limit: number): void {
    this.#successes = 0;
    this.#scout = undefined;
    this.#scoutIsBack = false;
    if (limit !== this.#semaphore.permits) this.#semaphore.resize(limit);
  }
}
