import { LearnedBound } from "./learned-bound.ts";
import { StartLog, type Starts } from "./start-log.ts";

/** Windows in which services count, in milliseconds. */
const intervals = [1_000, 10_000, 60_000];

interface LearnedWindow {
  readonly interval: number;
  readonly requests: LearnedBound;
  readonly tokens: LearnedBound;
}

/**
 * Finds out how much a service lets through in which window, from its refusals alone: as much as it had let through in
 * the window before them. Nothing is held back before two refusals agree, or one names its window.
 */
export class LearnedWindows {
  // A try may be let through a while after the refusals began.
  readonly #log = new StartLog(3 * Math.max(...intervals));
  readonly #windows: readonly LearnedWindow[] = intervals.map((interval) => ({
    interval,
    requests: new LearnedBound(interval),
    tokens: new LearnedBound(interval),
  }));
  /** Those of which something is known. */
  #known: readonly LearnedWindow[] = [];
  /** When the refusals began that were learned from last. */
  #learnedFrom: number | undefined;

  /** A request starts. */
  started(tokens: number, now: number): Starts {
    this.#log.forget(now);
    return this.#log.add(tokens, now);
  }

  /** A request that was refused has taken nothing. */
  refused(starts: Starts, tokens: number): void {
    starts.requests--;
    starts.tokens -= tokens;
  }

  /** What was estimated is known now. */
  settled(starts: Starts, difference: number): void {
    starts.tokens += difference;
  }

  /**
   * Learns from refusals that began at `since`: once, and best when what was under way then has come back.
   *
   * @param named the window that the service names
   */
  learn(since: number, named: number | undefined, now: number): void {
    if (this.#learnedFrom === since) return;
    this.#learnedFrom = since;
    for (const { interval, requests, tokens } of this.#windows) {
      const passed = this.#log.window(since, interval);
      requests.refused(passed.requests, interval === named, now);
      tokens.refused(passed.tokens, interval === named, now);
    }
    this.#known = this.#windows.filter(
      ({ requests, tokens }) => requests.limit !== undefined || tokens.limit !== undefined,
    );
  }

  /** When to ask again whether a request of so many tokens may start: 0 where it may start now. */
  startsAt(tokens: number, now: number): number {
    let at = 0;
    for (const window of this.#known) {
      const started = this.#log.window(now, window.interval);
      const mayStart =
        window.requests.allows(started.requests, 1, now) && window.tokens.allows(started.tokens, tokens, now);
      if (!mayStart) at = Math.max(at, started.oldest + window.interval);
    }
    return at;
  }

  /** When something leaves the windows that the service may have, the shortest first. */
  ends(now: number): number[] {
    return intervals.map((interval) => this.#log.window(now, interval).oldest + interval);
  }
}
