import { LearnedBound } from "./learned-bound.ts";
import { LimitTrial } from "./limit-trial.ts";
import { StartLog, type StartsInWindow } from "./start-log.ts";

/**
 * Milliseconds after the end of a window: requests take different times to a service, which counts them when they arrive.
 */
const margin = 15;

/** One window, and what is known about it. */
export class LearnedWindow {
  readonly interval: number;
  readonly log: StartLog;
  readonly requests: LearnedBound;
  readonly tokens: LearnedBound;
  /** Until the limit is proven: outages may begin after alike amounts, and end just when an old request leaves the window. */
  trial: LimitTrial | undefined;
  /** When the refusals began that made it known. */
  #knownFrom = Number.NEGATIVE_INFINITY;

  constructor(interval: number) {
    this.interval = interval;
    this.log = new StartLog(interval);
    this.requests = new LearnedBound(interval);
    this.tokens = new LearnedBound(interval);
  }

  get isKnown(): boolean {
    return this.requests.limit !== undefined || this.tokens.limit !== undefined;
  }

  /** When to check again whether a request may start after those of the window: 0 or a time that is past, if it may now. */
  startsAt(started: StartsInWindow, tokens: number, now: number): number {
    const fits =
      this.requests.allows(started.requests, 1, now) && this.tokens.allows(started.tokens, tokens, now);
    if (fits) return 0;
    return Math.min(
      started.oldest + this.interval + margin,
      this.trial?.startsAt ?? Number.POSITIVE_INFINITY,
    );
  }

  /** The trial of a request that has just started, if it is beyond the limit. */
  tried(now: number): LimitTrial | undefined {
    if (this.trial === undefined) return undefined;
    const { requests, tokens } = this.log.window(now);
    if (this.requests.isWithin(requests) && this.tokens.isWithin(tokens)) return undefined;
    this.trial.started(now);
    return this.trial;
  }

  /**
   * What is known may have changed.
   *
   * @param since when the refusals began that are its reason
   * @param isOnTrial whether a limit that is new is tried
   */
  changed(wasKnown: boolean, since: number, isOnTrial: boolean): void {
    if (!this.isKnown) this.trial = undefined;
    else if (!wasKnown) {
      this.#knownFrom = since;
      if (isOnTrial) this.trial = new LimitTrial(this.log.window(since).requests, this.interval);
    }
  }

  /** The refusals are over, and the window may be their reason. */
  mayBeReason(now: number): void {
    if (this.trial?.refusalsEnded(now)) this.trial = undefined;
  }

  /** The window is not the reason of the refusals that began at `since`. */
  isNoReason(since: number): void {
    if (this.#knownFrom === since || this.trial?.isRefused) this.disprove();
    this.requests.discount();
    this.tokens.discount();
  }

  /** The limit was none. */
  disprove(): void {
    this.trial = undefined;
    this.requests.forget();
    this.tokens.forget();
  }
}
