import { isUnreached } from "./is-unreached.ts";
import { type CountedStart, type LearnedLimit, LearnedWindows } from "./learned-windows.ts";
import { type Refusal, RefusalGate } from "./refusal-gate.ts";

/** Whether a service refuses. Times are in milliseconds, 0 if it does not refuse. */
export interface RefusalState {
  /** How long it has refused. */
  readonly refusedFor: number;
  /** How long its refusals show that it has: see {@link RefusalGate.shownFor}. */
  readonly shownFor: number;
  /** How long until a request may be sent to it. */
  readonly pausedFor: number;
  /** The error of its last refusal, if that was reported. */
  readonly cause: unknown;
}

export const notRefused: RefusalState = { refusedFor: 0, shownFor: 0, pausedFor: 0, cause: undefined };

/** The part of a request that concerns refusals. */
export interface StartedRequest {
  /** The tokens that it was expected to use. */
  readonly estimate: number;
  /** Where it is counted to learn from refusals. */
  readonly counted: CountedStart;
  /** By `performance.now()`. */
  readonly startedAt: number;
  /** Whether it was admitted as a probe of a refusing service. */
  readonly isTry: boolean;
}

/**
 * What the refusals of a service mean for its requests: the gate holds them back while it refuses, and the learned windows
 * hold them back later, so that it does not refuse again. All times are those of `performance.now()`.
 */
export class RefusalControl {
  readonly gate: RefusalGate = new RefusalGate();
  /** How many requests were refused. */
  refusedInAll = 0;
  /** The error of the request that was last refused. */
  cause: unknown;
  readonly #learned: LearnedWindows;
  readonly #onChange: () => void;
  /** The window in which the service counts, as stated by the service. */
  #namedInterval: number | undefined;
  /** How long the service has last asked to wait, in milliseconds. */
  #asked = 0;
  /** Whether it cannot be reached, or could not since it began to refuse: then no limit is the reason. */
  #isDown = false;

  /**
   * @param learns whether to learn from refusals how much the service accepts
   * @param onChange called when a request has ended, so that others may start
   */
  constructor(learns: boolean, onChange: () => void) {
    this.#learned = new LearnedWindows(learns);
    this.#onChange = onChange;
  }

  /** What was learned, for debugging. */
  get learned(): LearnedLimit[] {
    return this.#learned.limits;
  }

  /** Whether refusals have shown limits, which hold requests back. */
  get paces(): boolean {
    return this.#learned.paces;
  }

  /** When to check again whether a request may start: `now` or earlier if it may start now. */
  startsAt(tokens: number, now: number): number {
    return Math.max(this.gate.startsAt, this.#learned.startsAt(tokens, now));
  }

  /** A request starts. Returns where it is counted. */
  count(tokens: number, now: number): CountedStart {
    return this.#learned.started(tokens, now);
  }

  answered({ counted, startedAt, isTry }: StartedRequest, tokens: number): void {
    this.#learned.answered(counted, tokens);
    this.gate.heard();
    const { refusals } = this.gate;
    if (isTry && refusals !== undefined) {
      const now = performance.now();
      if (!this.#isDown) this.#learned.learn(refusals.since, this.#asked, now);
      this.#learned.acceptedAgain(refusals.since, startedAt, now);
      if (!this.#isDown) this.#learned.ended(refusals, startedAt, now);
      this.gate.answered(startedAt, isTry);
    } else if (refusals === undefined) this.#learned.refusalsAreOver();
    this.#onChange();
  }

  /** A request was refused; `undefined` for one that was not counted. */
  refused(request: StartedRequest | undefined, refusal: Refusal): void {
    this.refusedInAll++;
    this.cause = refusal.cause;
    if (request !== undefined) this.#learned.refused(request.counted);
    const now = performance.now();
    const { startedAt, isTry } = request ?? { startedAt: now, isTry: false };
    this.#namedInterval = refusal.interval ?? this.#namedInterval;
    this.#asked = refusal.retryAfter ?? 0;
    this.#isDown = isUnreached(refusal.cause) || (this.#isDown && this.gate.since !== undefined);
    const teaches = isTry && !this.#isDown;
    // By now, the requests in flight when the service began to refuse have ended too.
    if (teaches && this.gate.since !== undefined) {
      this.#learned.learn(this.gate.since, this.#asked, now);
      this.#learned.refusedAgain(this.gate.since, startedAt);
    }
    this.gate.refused(startedAt, isTry, refusal, this.#learned.ends(now), now);
    const { refusals } = this.gate;
    if (teaches && refusals !== undefined && this.#namedInterval !== undefined) {
      this.#learned.named(this.#namedInterval, refusals, now);
    }
    if (refusals === undefined) this.#learned.refusalsAreOver();
    this.#onChange();
  }

  /** A request was not sent after all. */
  cancelled({ counted, startedAt, isTry }: StartedRequest): void {
    this.#learned.cancelled(counted);
    this.gate.cancelled(startedAt, isTry);
    this.#onChange();
  }

  /** A request has ended without a response. */
  lost({ counted, startedAt, isTry }: StartedRequest): void {
    this.#learned.left(counted);
    this.gate.lost(startedAt, isTry, performance.now());
    this.#onChange();
  }

  /** A request was cut short by its caller. */
  cut({ counted, startedAt, isTry }: StartedRequest): void {
    this.#learned.left(counted);
    this.gate.cut(startedAt, isTry);
    this.#onChange();
  }
}
