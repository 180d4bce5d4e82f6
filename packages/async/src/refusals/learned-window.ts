import { LearnedBound } from "./learned-bound.ts";
import { LimitTrial } from "./limit-trial.ts";
import { StartLog, type StartsInWindow } from "./start-log.ts";

/** One window, and what is known about it. */
export class LearnedWindow {
  readonly interval: number;
  readonly log: StartLog;
  readonly requests: LearnedBound;
  readonly tokens: LearnedBound;
  /** Until the limit is proven: outages may begin after alike amounts, and end just when an old request leaves the window. */
  trial: LimitTrial | undefined;

  constructor(interval: number) {
    this.interval = interval;
    this.log = new StartLog(interval);
    this.requests = new LearnedBound(interval);
    this.tokens = new LearnedBound(interval);
  }

  get isKnown(): boolean {
    return this.requests.limit !== undefined || this.tokens.limit !== undefined;
  }

  /** Whether a request may start after those of the window. */
  allows(started: StartsInWindow, tokens: number, now: number): boolean {
    const fits =
      this.requests.allows(started.requests, 1, now) && this.tokens.allows(started.tokens, tokens, now);
    return fits || this.trial?.mayStart === true;
  }

  /** The trial of a request that has just started, if it is beyond the limit. */
  tried(now: number): LimitTrial | undefined {
    if (this.trial === undefined) return undefined;
    const { requests, tokens } = this.log.window(now);
    if (this.requests.isWithin(requests) && this.tokens.isWithin(tokens)) return undefined;
    this.trial.started(now);
    return this.trial;
  }

  /** Puts a limit that is new on trial. */
  suggest(wasKnown: boolean, { requests }: StartsInWindow): void {
    if (!this.isKnown) this.trial = undefined;
    else if (!wasKnown) this.trial = new LimitTrial(requests, this.interval);
  }

  /** The limit was none. */
  disprove(): void {
    this.trial = undefined;
    this.requests.forget();
    this.tokens.forget();
  }
}
