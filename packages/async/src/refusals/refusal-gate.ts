import { describeThrown } from "@llx/support";

/** What a service says when it refuses a request. Omit what it does not say. */
export interface Refusal {
  /** How long it asks callers to wait, in milliseconds. */
  readonly retryAfter?: number | undefined;
  /** The window in which it counts, in milliseconds: 60,000 for "per minute". */
  readonly interval?: number | undefined;
  /** The error of the request: the `cause` of the `RefusedError` of those that wait in vain. */
  readonly cause?: unknown;
}

/** When what a service has counted leaves a window that it may have. */
export interface WindowEnd {
  /** The length of the window, in milliseconds. */
  readonly interval: number;
  /** By `performance.now()`; `Infinity` if nothing is in it. */
  readonly at: number;
}

/** The refusals of a service that refuses every request. */
export interface Refusals {
  /** When it began to refuse. */
  readonly since: number;
  /** How many probes it has refused. */
  readonly tries: number;
  /** When the last refused request was sent. */
  readonly lastSent: number;
}

/**
 * Waits between probes, in milliseconds. Each is twice the previous one, up to the longest; up to the first one, if the service
 * asks for less: it may name seconds where milliseconds are expected.
 */
const firstWait = 250;
/** For a service that keeps accepting the first probe: it refuses single requests, not for a period. */
const shortestWait = 15;
const longestWait = 5_000;
/** How long a probe may go unreported, in milliseconds, before the next one may start. */
const longestTry = 60_000;
/** The same while nobody watches: those who report by hand may forget a request that has failed, or all that have not. */
const longestUnwatched = 5_000;

/** After so many milliseconds of refusals, a warning says why nothing happens. */
const longestSilence = 30_000;

/**
 * Receives the time of the next probe whenever it changes, and how long the service has asked to wait; `undefined` when the
 * service accepts requests again.
 */
export type PauseListener = (nextTry: number | undefined, retryAfter?: number) => void;

/**
 * Holds all requests back while a service refuses, as the half-open state of a circuit breaker does: one request at a time is
 * sent as a probe, after growing waits, until one gets a response. A probe that its caller cuts short shows nothing, and the
 * requests that have waited longest have the least time left. So another one follows it at once, and with each such probe
 * one more may be in flight. All times are those of `performance.now()`.
 */
export class RefusalGate {
  /** When the service began to refuse. */
  #since: number | undefined;
  /** Refusals of requests sent before this time no longer count. */
  #openedAt = Number.NEGATIVE_INFINITY;
  #nextTry = 0;
  /** How many probes are in flight, how many may be, and when the last one was sent. */
  #tries = 0;
  #mostTries = 1;
  #triedAt = 0;
  /** When a probe was last refused. */
  #refusedAt = 0;
  #refusals = 0;
  #firstWait = firstWait;
  /** When the last refused request was sent. */
  #lastSent = 0;
  /** Whether responses are reported: one has been, or somebody watches, as jobs do. */
  #hears = false;
  #hasWarned = false;
  readonly #listeners = new Set<PauseListener>();

  /** Since when the service has refused every request; `undefined` if it does not refuse. */
  get since(): number | undefined {
    return this.#since;
  }

  /** `undefined` if the service does not refuse. */
  get refusals(): Refusals | undefined {
    if (this.#since === undefined) return undefined;
    return { since: this.#since, tries: this.#refusals - 1, lastSent: this.#lastSent };
  }

  /** When a request may start: 0 for immediately. */
  get startsAt(): number {
    if (this.#since === undefined) return 0;
    if (this.#tries < this.#mostTries) return this.#nextTry;
    const isWatched = this.#listeners.size > 0;
    return Math.max(this.#nextTry, this.#triedAt + (isWatched ? longestTry : longestUnwatched));
  }

  /** Until the last refused probe; until now if none has had a response for longer than probes are apart. 0 if it does not refuse. */
  shownFor(now: number): number {
    if (this.#since === undefined) return 0;
    const last = Math.max(this.#since, this.#refusedAt);
    return (now - last > longestWait ? now : last) - this.#since;
  }

  watch(listener: PauseListener): void {
    this.#hears = true;
    this.#listeners.add(listener);
    if (this.#since !== undefined) listener(this.#nextTry);
  }

  unwatch(listener: PauseListener): void {
    this.#listeners.delete(listener);
  }

  /** A request starts. Returns whether it is a probe. */
  started(now: number): boolean {
    if (this.#since === undefined) return false;
    // If as many are in flight as may be, they are overdue, and no longer count.
    const areOverdue = this.#tries >= this.#mostTries;
    if (areOverdue && !this.#hears) {
      warnOfUnreported();
      this.#open(now);
      return false;
    }
    this.#tries = areOverdue ? 1 : this.#tries + 1;
    this.#triedAt = now;
    return true;
  }

  /** A request got a response, whether it is a probe or not. */
  heard(): void {
    this.#hears = true;
  }

  /**
   * A request was refused.
   *
   * @param startedAt when it was sent
   * @param ends when what the service has counted leaves its window, for each window it may have
   */
  refused(
    startedAt: number,
    isTry: boolean,
    refusal: Refusal,
    ends: readonly WindowEnd[],
    now: number,
  ): void {
    // Of probes in flight at once, the first refusal counts.
    const isVerdict = this.#ended(startedAt, isTry) && startedAt >= this.#refusedAt;
    if (this.#since === undefined) {
      if (startedAt < this.#openedAt) return;
      this.#since = now;
    } else if (!isVerdict) {
      // One of the requests in flight when the first was refused.
      if (refusal.retryAfter === undefined || this.#tries > 0) return;
    }
    if (isVerdict || this.#refusals === 0) {
      this.#refusals++;
      this.#lastSent = startedAt;
    }
    if (isVerdict) {
      this.#mostTries = 1;
      this.#refusedAt = now;
      this.#firstWait = Math.min(firstWait, 2 * this.#firstWait);
      if (!this.#hasWarned && now - this.#since >= longestSilence) {
        this.#hasWarned = true;
        warnOfOutage(now - this.#since, refusal.cause);
      }
    }
    const nextTry = now + this.#wait(refusal, ends, now);
    this.#nextTry = isVerdict ? nextTry : Math.max(this.#nextTry, nextTry);
    this.#notify(this.#nextTry, refusal.retryAfter);
  }

  /** A request got a response, successful or not. Only a probe shows the current state. */
  answered(startedAt: number, isTry: boolean): void {
    if (!this.#ended(startedAt, isTry)) return;
    if (this.#refusals === 1) this.#firstWait = Math.max(shortestWait, this.#firstWait / 2);
    this.#open(startedAt);
  }

  /** A request has ended without a response. */
  lost(startedAt: number, isTry: boolean, now: number): void {
    if (!this.#ended(startedAt, isTry)) return;
    this.#mostTries = 1;
    this.#nextTry = now + this.#wait({}, [], now);
    this.#notify(this.#nextTry);
  }

  /** A request was cut short by its caller. */
  cut(startedAt: number, isTry: boolean): void {
    if (this.#ended(startedAt, isTry)) this.#mostTries++;
  }

  /** A request was not sent after all. */
  cancelled(startedAt: number, isTry: boolean): void {
    this.#ended(startedAt, isTry);
  }

  #open(at: number): void {
    this.#since = undefined;
    this.#openedAt = at;
    this.#tries = 0;
    this.#mostTries = 1;
    this.#refusals = 0;
    this.#notify(undefined);
  }

  /** A request has ended. Returns whether it is a probe since the service refuses. */
  #ended(startedAt: number, isTry: boolean): boolean {
    if (!isTry || this.#since === undefined || startedAt < this.#since) return false;
    this.#tries = Math.max(0, this.#tries - 1);
    return true;
  }

  #wait({ retryAfter }: Refusal, ends: readonly WindowEnd[], now: number): number {
    if (retryAfter !== undefined) {
      // Services often ask for the length of their window, wherever in it they are. Another request may be sent once, when the
      // window lets one through; the refused one waits as long as it was asked to.
      const early = this.#refusals === 1 ? endWithin(ends, retryAfter, now) : undefined;
      if (early !== undefined) return early - now + 60 + Math.random() * 40;
      const least = this.#refusals < 2 ? 0 : Math.min(firstWait, shortestWait * 2 ** (this.#refusals - 2));
      const asked = Math.max(retryAfter, least);
      // Callers that were asked for the same wait must not all return at the same moment.
      return asked + Math.random() * Math.min(500, asked / 10);
    }
    const most = Math.min(longestWait, this.#firstWait * 2 ** Math.min(this.#refusals - 1, 20));
    const wait = most * (0.75 + 0.25 * Math.random());
    // If a window ends at about that time, wait for its end.
    const latest = now + Math.min(2 * wait, longestWait);
    const end = ends.find(({ at }) => at >= now + wait / 2 && at <= latest);
    return end === undefined ? wait : end.at - now + 20 + Math.random() * 80;
  }

  #notify(nextTry: number | undefined, retryAfter?: number): void {
    for (const listener of this.#listeners) listener(nextTry, retryAfter);
  }
}

/** When the window ends whose length a service asks to wait for, or rounds up to: before that wait does, or never. */
function endWithin(ends: readonly WindowEnd[], retryAfter: number, now: number): number | undefined {
  const end = ends.find(({ interval }) => retryAfter >= interval && retryAfter < 2 * interval);
  return end !== undefined && end.at > now && end.at + 100 < now + retryAfter ? end.at : undefined;
}

function warnOfOutage(refusedFor: number, cause: unknown): void {
  process.emitWarning(
    `a service has refused all requests for ${Math.round(refusedFor / 1000)} seconds` +
      (cause === undefined ? "" : `: ${describeThrown(cause)}`) +
      ". Requests wait until it accepts them again, or maxRefusedTime of retry has passed",
    { type: "ServiceRefuses", code: "LLX_SERVICE_REFUSES" },
  );
}

function warnOfUnreported(): void {
  process.emitWarning(
    `a request that was sent after a refusal has no outcome after ${longestUnwatched / 1000} seconds, for which others waited. ` +
      "Call settle() of the lease of each request that gets a response, and lost() of each that gets none",
    { type: "LeaseUnsettled", code: "LLX_LEASE_UNSETTLED" },
  );
}
