import type { Semaphore } from "./semaphore.ts";

/** Successes needed after a refusal before risking another: at most one in about 20 requests is refused. */
const successesForRefusal = 20;
/** The share of the limit given up at a refusal on top of what was refused: returned by the next step if no one takes it. */
const offeredToOthers = 0.01;
/** The same if no more were in flight than got through before: others have taken it, or the capacity has fallen. */
const yieldedToOthers = 0.08;
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
  /** The limit of the beginning. */
  readonly #initial: number;
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
  /** How many requests at once the last signal let through. */
  #known = 0;
  /** What the last signal takes from the limit on top of what was refused. */
  #cut = 0;
  /** The fraction that earlier cuts were rounded down by. */
  #fraction = 0;
  /** The next increase of the limit. */
  #step = 1;
  /** The minimum number of successes before the next step. */
  #caution = 0;
  /** Successes of this flight since the last change. */
  #successes = 0;
  /** The first request sent with the limit full since the limit last changed. */
  #probe: SentRequest | undefined = undefined;
  #probeSucceeded = false;

  /** @param timeout how long a request may take, in milliseconds */
  constructor(semaphore: Semaphore, min: number, max: number, timeout: number | undefined) {
    this.#semaphore = semaphore;
    this.#initial = semaphore.permits;
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
    if (this.#timeout !== undefined) this.#learnTime(sent, this.#timeout);
    // A request that was sent before the limit shrank does not show whether the limit is low enough now.
    if (sent.flight !== this.#flight) return;
    this.#successes++;
    if (sent === this.#probe) this.#probeSucceeded = true;
    const limit = this.#semaphore.permits;
    if (this.#probe === undefined || this.#successes < Math.max(limit, this.#caution)) return;
    if (!this.#probeSucceeded && this.#successes < roundsForProbe * limit) return;
    this.#change(Math.min(limit + this.#step, this.#max, this.#maxInTime));
    this.#step *= 2;
    this.#caution = 0;
  }

  refused(sent: SentRequest): void {
    this.#semaphore.refused++;
    const limit = this.#semaphore.permits;
    if (sent.level === 1 && limit === this.#min) {
      // There were too many per interval, or others use all there is: recover as soon as that has ended.
      this.#caution = 0;
      return this.forget(sent);
    }
    if (sent.flight === this.#flight) {
      const wasTaken = sent.level <= this.#known;
      const cut = (wasTaken ? yieldedToOthers : offeredToOthers) * limit + this.#fraction;
      this.#cut = Math.floor(cut);
      this.#fraction = cut - this.#cut;
      this.#flight++;
      this.#floor = Math.max(limit >> 1, this.#min);
      this.#gotThrough = this.#inFlight;
      this.#known = limit;
      this.#step = wasTaken ? 1 : 1 + this.#cut;
      this.#caution = successesForRefusal;
    }
    this.#inFlight--;
    this.#gotThrough--;
    this.#known = Math.min(this.#known, sent.level - 1, this.#gotThrough);
    this.#change(Math.max(Math.min(limit, this.#known - this.#cut), this.#floor));
  }

  /** The outcome says nothing about load. If it was the probe, the next request takes over. */
  forget(sent: SentRequest): void {
    this.#inFlight--;
    if (sent === this.#probe) this.#probe = undefined;
  }

  /**
   * Its caller has aborted it, which says nothing about load. But where all callers leave before their turn is over, none
   * succeeds, and a low limit would stay: up to where it began, it grows.
   */
  cut(sent: SentRequest): void {
    this.forget(sent);
    this.regain();
  }

  /** What lowered the limit below where it began need not mean that many requests at once are too many. */
  regain(): void {
    if (this.#semaphore.permits < this.#initial) this.#change(this.#semaphore.permits + 1);
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
