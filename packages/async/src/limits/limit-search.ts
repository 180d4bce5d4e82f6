import type { Semaphore } from "./semaphore.ts";

/** Successes needed after a refusal before risking another: at most one in about 25 requests is refused. */
const successesForRefusal = 25;
/** The longest wait for a probe, in rounds: one that hangs or is very slow must not stop all growth. */
const roundsForProbe = 16;
/** The share of `timeout` that requests may take. */
const usableTime = 0.9;

/** A request in flight. */
export interface SentRequest {
  /** How many were in flight when it was sent, itself included. */
  readonly level: number;
  /** Its flight: a new one begins with each overload signal. */
  readonly flight: number;
  /** When it was sent, by `performance.now()`; 0 if that does not matter. */
  readonly at: number;
}

/**
 * The rule by which an `AdaptiveLimiter` changes its limit, as described there. It is notified when a request is sent
 * and when it ends.
 */
export class LimitSearch {
  readonly #semaphore: Semaphore;
  readonly #min: number;
  readonly #max: number;
  readonly #timeout: number | undefined;
  /** The most requests at once to which a service responds in time if it handles them one after another. */
  #maxInTime = Number.POSITIVE_INFINITY;
  #inFlight = 0;
  #flight = 0;
  /** The lowest limit that refusals of the last flight may cause. */
  #floor = 0;
  /** Requests in flight at the last signal, minus those refused since. */
  #gotThrough = 0;
  /** The next increase of the limit. */
  #step = 1;
  /** The minimum number of successes before a step of 1. */
  #caution = 0;
  /** For this many more successes, refusals do not change the limit. */
  #ignored = 0;
  /** Successes of this flight since the last change. */
  #successes = 0;
  /** The first request sent with the limit full since the limit last changed. */
  #probe: SentRequest | undefined = undefined;
  #probeSucceeded = false;

  /** @param timeout how long a request may take, in milliseconds */
  constructor(semaphore: Semaphore, min: number, max: number, timeout: number | undefined) {
    this.#semaphore = semaphore;
    this.#min = min;
    this.#max = max;
    this.#timeout = timeout;
  }

  send(): SentRequest {
    const at = this.#timeout === undefined ? 0 : performance.now();
    const sent = { level: ++this.#inFlight, flight: this.#flight, at };
    if (this.#probe === undefined && sent.level >= this.#semaphore.permits) this.#probe = sent;
    return sent;
  }

  succeeded(sent: SentRequest): void {
    this.#inFlight--;
    if (this.#ignored > 0) this.#ignored--;
    if (this.#timeout !== undefined) this.#learnTime(sent, this.#timeout);
    // A request that was sent before the limit shrank does not show whether the limit is low enough now.
    if (sent.flight !== this.#flight) return;
    this.#successes++;
    if (sent === this.#probe) this.#probeSucceeded = true;
    const limit = this.#semaphore.permits;
    const round = this.#step === 1 ? Math.max(limit, this.#caution) : limit;
    if (this.#probe === undefined || this.#successes < round) return;
    if (!this.#probeSucceeded && this.#successes < roundsForProbe * limit) return;
    this.#change(Math.min(limit + this.#step, this.#max, this.#maxInTime));
    this.#step *= 2;
  }

  refused(sent: SentRequest): void {
    const limit = this.#semaphore.permits;
    if (sent.level === 1 && limit === this.#min) {
      // There were too many per interval, not too many at once.
      this.#ignored = successesForRefusal;
      this.#caution = 0;
      return this.forget(sent);
    }
    if (this.#ignored > 0) return this.forget(sent);
    if (sent.flight === this.#flight) {
      this.#flight++;
      this.#floor = Math.max(limit >> 1, this.#min);
      this.#gotThrough = this.#inFlight;
      this.#step = 1;
      this.#caution = successesForRefusal;
    }
    this.#inFlight--;
    this.#gotThrough--;
    this.#change(Math.max(Math.min(limit, sent.level - 1, this.#gotThrough), this.#floor));
  }

  /** The outcome says nothing about load. If it was the probe, the next request takes over. */
  forget(sent: SentRequest): void {
    this.#inFlight--;
    if (sent === this.#probe) this.#probe = undefined;
  }

  /** A service that handles one request after another takes n times as long for n of them. */
  #learnTime({ level, at }: SentRequest, timeout: number): void {
    const limit = this.#semaphore.permits;
    // A request that was nearly alone says little about many at once; but at the start nothing else is known.
    if (this.#maxInTime !== Number.POSITIVE_INFINITY && 2 * level < limit) return;
    const took = Math.max(performance.now() - at, 1);
    this.#maxInTime = Math.max(this.#min, Math.floor((usableTime * timeout * level) / took));
    if (limit > this.#maxInTime) this.#change(this.#maxInTime);
  }

  #change(limit: number): void {
    this.#successes = 0;
    this.#probe = undefined;
    this.#probeSucceeded = false;
    if (limit !== this.#semaphore.permits) this.#semaphore.resize(limit);
  }
}
