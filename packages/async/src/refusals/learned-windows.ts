import { LearnedWindow } from "./learned-window.ts";
import type { LimitTrial } from "./limit-trial.ts";
import type { Refusals, WindowEnd } from "./refusal-gate.ts";
import type { Starts, StartsInWindow } from "./start-log.ts";

/** The windows in which services count, in milliseconds. */
const intervals = [1_000, 10_000, 60_000];

/** How much later than it was sent a service may have counted a request, in milliseconds; a tenth of the window if that is more. */
const slack = 500;

/** Services round up the wait that they ask for. */
const rounding = 1.1;

/** How many probes must have been refused before the end of the refusals is meaningful. */
const leastTries = 3;

/** A limit that was learned from refusals; `undefined` where none is known. */
export interface LearnedLimit {
  /** The window, in milliseconds. */
  readonly interval: number;
  readonly requests: number | undefined;
  readonly tokens: number | undefined;
}

/** Where a request is counted. */
export interface CountedStart {
  /** One per window. */
  readonly starts: readonly Starts[];
  /** Its tokens as estimated by the caller, and as they are counted until it has a response. */
  readonly estimate: number;
  readonly tokens: number;
  /** The trials of limits that it is beyond. */
  readonly trials: readonly LimitTrial[];
}

const noTrials: readonly LimitTrial[] = [];

/**
 * Infers from refusals alone how much a service accepts per window: as much as it had accepted in the window before
 * them. Nothing is held back until two refusals agree, or one names its window.
 */
export class LearnedWindows {
  readonly #learns: boolean;
  readonly #windows = intervals.map((interval) => new LearnedWindow(interval)) as [
    LearnedWindow,
    LearnedWindow,
    LearnedWindow,
  ];
  /** The windows whose limit is known. */
  #known: readonly LearnedWindow[] = [];
  /** Of all requests with a response: their tokens, as estimated and as reported. */
  #estimated = 0;
  #reported = 0;
  /** When the refusals that were last learned from began. */
  #learnedFrom: number | undefined;

  /** @param learns whether it learns at all */
  constructor(learns: boolean) {
    this.#learns = learns;
  }

  /** Whether a limit is known. It is read for each success: `limits` makes a list. */
  get paces(): boolean {
    return this.#known.length > 0;
  }

  /** A request starts. */
  started(estimate: number, now: number): CountedStart {
    // No `map`, which takes twice the time: this runs for each request.
    const [second, tenSeconds, minute] = this.#windows;
    const tokens = this.#expected(estimate);
    const starts = [
      second.log.add(tokens, now),
      tenSeconds.log.add(tokens, now),
      minute.log.add(tokens, now),
    ];
    const trials =
      this.#known.length === 0 ? noTrials : this.#known.flatMap((window) => window.tried(now) ?? []);
    return { starts, estimate, tokens, trials };
  }

  /** A request was refused: it has used nothing, and may prove the limits that it was beyond. */
  refused(counted: CountedStart): void {
    for (const trial of counted.trials) trial.refused();
    this.cancelled(counted);
  }

  /** A request was not sent after all. */
  cancelled(counted: CountedStart): void {
    for (const starts of counted.starts) {
      starts.requests--;
      starts.tokens -= counted.tokens;
    }
    this.left(counted);
  }

  /** A request has ended without a response. */
  left({ trials }: CountedStart): void {
    for (const trial of trials) trial.ended(false);
  }

  /** A request got a response: its tokens are now known. */
  answered(counted: CountedStart, tokens: number): void {
    this.#estimated += counted.estimate;
    this.#reported += tokens;
    if (tokens !== counted.tokens)
      for (const starts of counted.starts) starts.tokens += tokens - counted.tokens;
    if (this.#known.length === 0) return;
    for (const window of this.#known) {
      window.requests.served(1);
      window.tokens.served(tokens);
    }
    for (const trial of counted.trials) {
      if (trial.ended(true)) this.#disprove(trial);
    }
  }

  #disprove(trial: LimitTrial): void {
    this.#known.find((window) => window.trial === trial)?.disprove();
    this.#update();
  }

  /**
   * Learns from refusals that began at `since`: once, ideally when the requests then in flight have ended.
   *
   * @param asked how long the service asks to wait, in milliseconds: no longer than its window, or a little
   */
  learn(since: number, asked: number, now: number): void {
    if (!this.#learns || this.#learnedFrom === since) return;
    this.#learnedFrom = since;
    const bounds = this.#windows
      .filter(({ interval }) => asked <= interval * rounding)
      .flatMap(({ log, requests, tokens }) => {
        // Only probes have started since then.
        const passed = log.window(since);
        return [
          { bound: requests, passed: passed.requests },
          { bound: tokens, passed: passed.tokens },
        ];
      });
    // If a known limit explains the refusals, nothing is learned of the others: each refusal would lower them, and the limit of a
    // second makes the amounts of all minutes alike.
    const exceeded = bounds.filter(({ bound, passed }) => bound.isExceeded(passed));
    const full = bounds.find(({ bound, passed }) => bound.isFull(passed));
    const causes = exceeded.length > 0 ? exceeded : full ? [full] : bounds;
    for (const { bound, passed } of causes) bound.refused(passed, now);
    // For a second, two refusals that agree are proof enough: see `refusedAgain`.
    this.#changed(since, this.#windows.slice(1));
  }

  /**
   * The service names the window in which it counts, and has refused several probes: if it only asks for a short wait, or
   * refuses at random, the window was not full.
   */
  named(interval: number, { since, tries }: Refusals, now: number): void {
    if (tries !== leastTries) return;
    this.#confirm(since, now, (window) => window.interval === interval);
    this.#update();
  }

  /**
   * The refusals are over: a request sent at `endedAt` got a response. If the oldest start left a window between the
   * last refused probe and this one, it is the window in which the service counts.
   */
  ended({ since, tries, lastSent }: Refusals, endedAt: number, now: number): void {
    if (tries < leastTries) return;
    this.#confirm(since, now, ({ interval }, { oldest }) => {
      const leftAt = oldest + interval;
      return lastSent < leftAt && leftAt <= endedAt;
    });
    this.#changed(since, this.#windows);
  }

  /**
   * A probe was refused: windows that were empty by then are not the reason of the refusals that began at `since`.
   *
   * @param sentAt when it was sent
   */
  refusedAgain(since: number, sentAt: number): void {
    for (const window of this.#windows) {
      const { log, interval } = window;
      if (log.window(sentAt - Math.max(interval / 10, slack)).requests === 0) window.isNoReason(since);
    }
    this.#update();
  }

  /**
   * A probe got a response: windows that nothing had left by then are not the reason of the refusals that began at `since`. The
   * others may be.
   *
   * @param sentAt when it was sent
   */
  acceptedAgain(since: number, sentAt: number, now: number): void {
    for (const window of this.#windows) {
      const { log, interval } = window;
      if (log.window(since).oldest > sentAt - interval) window.isNoReason(since);
      else window.mayBeReason(now);
    }
    this.#update();
  }

  /** Refusals are over, or were those of requests that were sent before: nothing shows when they ended. */
  refusalsAreOver(): void {
    for (const window of this.#known) {
      // Each response comes here: the clock is read only where there is something to decide.
      if (window.trial?.isRefused) window.mayBeReason(performance.now());
    }
  }

  /** @param tried the windows whose limits are tried if they have just become known */
  #changed(since: number, tried: readonly LearnedWindow[]): void {
    for (const window of this.#windows) {
      window.changed(this.#known.includes(window), since, tried.includes(window));
    }
    this.#update();
  }

  /** Attributes the refusals that began at `since` to this window. */
  #confirm(
    since: number,
    now: number,
    isTheWindow: (window: LearnedWindow, passed: StartsInWindow) => boolean,
  ): void {
    if (!this.#learns) return;
    for (const window of this.#windows) {
      const passed = window.log.window(since);
      if (!isTheWindow(window, passed)) continue;
      window.requests.confirmed(passed.requests, now);
      window.tokens.confirmed(passed.tokens, now);
    }
  }

  /** What a service reports is what limits are learned from; an estimate may be many times that. */
  #expected(estimate: number): number {
    return this.#estimated > 0 ? (estimate * this.#reported) / this.#estimated : estimate;
  }

  /** The windows that are known, for debugging. */
  get limits(): LearnedLimit[] {
    return this.#known.map(({ interval, requests, tokens }) => ({
      interval,
      requests: requests.limit,
      tokens: tokens.limit,
    }));
  }

  #update(): void {
    this.#known = this.#windows.filter(({ isKnown }) => isKnown);
  }

  /** When to check again whether a request of that many tokens may start: 0 if it may start now. */
  startsAt(estimate: number, now: number): number {
    if (this.#known.length === 0) return 0;
    const expected = this.#expected(estimate);
    let at = 0;
    for (const window of this.#known) {
      at = Math.max(at, window.startsAt(window.log.window(now), expected, now));
    }
    return at;
  }

  /** When something leaves the windows that the service may have, the shortest window first. */
  ends(now: number): WindowEnd[] {
    return this.#windows.map(({ interval, log }) => ({ interval, at: log.window(now).oldest + interval }));
  }
}
