import {
  countInWords,
  durationInWords,
  pausedInWords,
  rateInWords,
  stoppingInWords,
  type WaitWords,
} from "./progress-words.ts";

/** The progress of a call. Strings are empty if the value is unknown. */
export interface ProgressFacts {
  /** The share that is done, from 0 to 1; `undefined` if the total is unknown. */
  readonly share: number | undefined;
  /** `40 %`; empty at the end, if steps have failed. */
  readonly percent: string;
  /** `40/100`, or `40`; with failures `40/100, 2 failed`, and at the end `38 ok, 2 failed`, or `38 ok, 2 failed of 100`. */
  readonly count: string;
  /** `4.0/s`: the recent rate; at the end, the average. */
  readonly rate: string;
  /** `paused by the service, next try in 12 s`, or `stopping, waits up to 5 s for what still runs`. */
  readonly wait: string;
  /** The same in few columns: `paused, 12 s`. */
  readonly shortWait: string;
  /**
   * `15s left`; `10s so far` if that is unknown; `finishing` after the last step; at the end `in 25s`, or
   * `stopped after 10s`.
   */
  readonly time: string;
  /** Whether the call has ended before its last step. */
  readonly isStopped: boolean;
}

/** The rate is measured over at least this time, in milliseconds, and this many steps. */
const leastWindow = { time: 10_000, steps: 10 };

/** How often the clock is read: about every so many milliseconds, and at least every so many calls. */
const lookEvery = { time: 25, calls: 1024 };

/** Counts the steps of a call, and computes their rate and the time left. */
export class ProgressMeter {
  readonly desc: string;
  readonly #stated: number | undefined;
  readonly #startedAt = performance.now();
  #endedAt: number | undefined;
  #done = 0;
  #failed = 0;
  /** Steps that took work. The rate is theirs: what comes from a cache would promise too much for the others. */
  #worked = 0;
  /** The rate is measured since the first mark; the second one replaces it when it is old enough. */
  #mark = { at: this.#startedAt, worked: 0 };
  #nextMark = this.#mark;
  #lookedAt = this.#startedAt;
  #callsBetweenLooks = 1;
  #callsToLook = 1;
  /** What the call waits for, and until when. */
  #wait: { readonly words: WaitWords; readonly until: number } | undefined;

  constructor(total: number | undefined, desc: string | undefined) {
    // Line breaks and other control characters would break the layout.
    this.desc = desc?.replaceAll(/\p{Cc}+/gu, " ").trim() || "jobs";
    // A share of zero steps is undefined.
    this.#stated = total === 0 ? undefined : total;
  }

  /** `undefined` if it is unknown, or was too low. */
  get #total(): number | undefined {
    return this.#stated! < this.#done ? undefined : this.#stated;
  }

  get done(): number {
    return this.#done;
  }

  /** The maximum length of `count`, if nothing fails. */
  get countWidth(): number {
    return this.#total === undefined ? 0 : 2 * countInWords(this.#total).length + 1;
  }

  /** Counts steps. Returns `true` when it is time to {@link look} at the clock, which is slower. */
  add(steps: number, failed = 0, cached = 0): boolean {
    this.#done += steps;
    this.#worked += steps - cached;
    this.#failed += failed;
    return --this.#callsToLook <= 0;
  }

  /** Returns the time. The faster the calls, the more of them until the next look. */
  look(): number {
    const now = performance.now();
    const passed = now - this.#lookedAt;
    const calls = Math.floor(this.#callsBetweenLooks * Math.min(2, lookEvery.time / passed));
    this.#callsBetweenLooks = this.#callsToLook = Math.max(1, Math.min(calls, lookEvery.calls));
    this.#lookedAt = now;
    return now;
  }

  /** The call has ended: the clock stops. */
  end(): void {
    this.#endedAt ??= performance.now();
  }

  /** @param milliseconds until the next attempt; `undefined` if the pause is over */
  pause(milliseconds: number | undefined): void {
    if (this.#isStopping) return;
    this.#wait =
      milliseconds === undefined
        ? undefined
        : { words: pausedInWords, until: performance.now() + milliseconds };
  }

  /** @param milliseconds how long the call awaits what still runs */
  stopping(milliseconds: number): void {
    this.#wait = { words: stoppingInWords, until: performance.now() + milliseconds };
  }

  get #isStopping(): boolean {
    return this.#wait?.words === stoppingInWords;
  }

  facts(): ProgressFacts {
    const [done, total] = [this.#done, this.#total];
    const now = this.#endedAt ?? performance.now();
    const perSecond =
      this.#endedAt === undefined ? this.#recentRate(now) : rateOf(this.#worked, now - this.#startedAt);
    const share = total === undefined ? undefined : Math.min(1, done / total);
    return {
      share,
      // All steps may be done at the end, but some of them in vain.
      percent:
        total === undefined || (this.#failed > 0 && this.#endedAt !== undefined)
          ? ""
          : `${Math.floor((100 * Math.min(done, total)) / total)} %`,
      count: this.#count(),
      rate: perSecond === undefined ? "" : rateInWords(perSecond),
      ...this.#waitInWords(now),
      time: this.#time(now - this.#startedAt, perSecond),
      isStopped: this.#isStopped,
    };
  }

  #waitInWords(now: number): Pick<ProgressFacts, "wait" | "shortWait"> {
    if (this.#wait === undefined || this.#endedAt !== undefined) return { wait: "", shortWait: "" };
    const { words, until } = this.#wait;
    const [wait, shortWait] = words(until - now);
    return { wait, shortWait };
  }

  #count(): string {
    const [done, total, failed] = [this.#done, this.#total, this.#failed];
    const ofTotal = total === undefined ? "" : countInWords(total);
    const reached = ofTotal === "" ? countInWords(done) : `${countInWords(done)}/${ofTotal}`;
    if (failed === 0) return reached;
    const failures = `${countInWords(failed)} failed`;
    if (this.#endedAt === undefined) return `${reached}, ${failures}`;
    const isPartial = total !== undefined && done < total;
    return `${countInWords(done - failed)} ok, ${failures}${isPartial ? ` of ${ofTotal}` : ""}`;
  }

  #recentRate(now: number): number | undefined {
    const next = this.#nextMark;
    if (now - next.at >= leastWindow.time && this.#worked - next.worked >= leastWindow.steps) {
      this.#mark = next;
      this.#nextMark = { at: now, worked: this.#worked };
    }
    return rateOf(this.#worked - this.#mark.worked, now - this.#mark.at);
  }

  /** Unknown steps count as none. */
  get #remaining(): number {
    return this.#total === undefined ? 0 : this.#total - this.#done;
  }

  get #isStopped(): boolean {
    return this.#endedAt !== undefined && (this.#isStopping || this.#remaining > 0);
  }

  #time(passed: number, perSecond: number | undefined): string {
    const remaining = this.#remaining;
    if (this.#endedAt !== undefined)
      return `${this.#isStopped ? "stopped after" : "in"} ${durationInWords(passed)}`;
    if (this.#total === undefined || perSecond === undefined) return `${durationInWords(passed)} so far`;
    return remaining === 0 ? "finishing" : `${durationInWords(1000 * Math.ceil(remaining / perSecond))} left`;
  }
}

/** Steps per second; `undefined` if unknown. */
function rateOf(steps: number, milliseconds: number): number | undefined {
  return steps > 0 && milliseconds > 0 ? (1000 * steps) / milliseconds : undefined;
}
