import { durationInWords, pausedInWords, rateInWords } from "./progress-words.ts";

/** What there is to say of a call. Words are empty where nothing is known. */
export interface ProgressFacts {
  /** The part that is done, from 0 to 1; `undefined` where nobody knows the total. */
  readonly share: number | undefined;
  /** `40 %` */
  readonly percent: string;
  /** `40/100`, or `40` */
  readonly count: string;
  /** `4.0/s`: of late; at the end, over the whole time. */
  readonly rate: string;
  /** `paused by the service, next try in 12 s`, while it is. */
  readonly pause: string;
  /** `15s left`; `10s so far` where that cannot be told; at the end `in 25s`, or `stopped after 10s`. */
  readonly time: string;
}

/** Speed is measured over at least this time, in milliseconds, and this many steps. */
const leastWindow = { time: 10_000, steps: 10 };

/** Between two looks at the clock lie about so many milliseconds, and never more than so many calls. */
const pause = { time: 25, calls: 1024 };

/** Counts the steps of a call, and tells how fast they come and how long the rest will take. */
export class ProgressMeter {
  readonly desc: string;
  readonly #total: number | undefined;
  readonly #startedAt = performance.now();
  #endedAt: number | undefined;
  #done = 0;
  /** Speed is measured from the first mark on; the second one takes its place when it is old enough. */
  #mark = { at: this.#startedAt, done: 0 };
  #nextMark = this.#mark;
  #lookedAt = this.#startedAt;
  #callsBetweenLooks = 1;
  #callsToLook = 1;
  /** When a service that refuses is tried again. */
  #pausedUntil: number | undefined;

  constructor(total: number | undefined, desc: string | undefined) {
    // Line breaks and the like would spoil the picture.
    this.desc = desc?.replaceAll(/\p{Cc}+/gu, " ").trim() || "jobs";
    // Nothing is no part of nothing.
    this.#total = total === 0 ? undefined : total;
  }

  get done(): number {
    return this.#done;
  }

  /** The longest that `count` will be. */
  get countWidth(): number {
    return this.#total === undefined ? 0 : 2 * String(this.#total).length + 1;
  }

  /** Counts. `true`, every so many calls: it is time for a look at the clock, which costs more than counting. */
  add(steps: number): boolean {
    this.#done += steps;
    return --this.#callsToLook <= 0;
  }

  /** The time now; fast steps make the next look come after more of them. */
  look(): number {
    const now = performance.now();
    const passed = now - this.#lookedAt;
    const calls = Math.floor(this.#callsBetweenLooks * Math.min(2, pause.time / passed));
    this.#callsBetweenLooks = this.#callsToLook = Math.max(1, Math.min(calls, pause.calls));
    this.#lookedAt = now;
    return now;
  }

  /** Nothing more will come; the clock stands still. */
  end(): void {
    this.#endedAt ??= performance.now();
  }

  /** @param milliseconds until the next try; `undefined`: it goes on */
  pause(milliseconds: number | undefined): void {
    this.#pausedUntil = milliseconds === undefined ? undefined : performance.now() + milliseconds;
  }

  facts(): ProgressFacts {
    const [done, total] = [this.#done, this.#total];
    const now = this.#endedAt ?? performance.now();
    const perSecond =
      this.#endedAt === undefined ? this.#speedOfLate(now) : speed(done, now - this.#startedAt);
    const share = total === undefined ? undefined : Math.min(1, done / total);
    return {
      share,
      percent: total === undefined ? "" : `${Math.floor((100 * Math.min(done, total)) / total)} %`,
      count: total === undefined ? String(done) : `${done}/${total}`,
      rate: perSecond === undefined ? "" : rateInWords(perSecond),
      pause:
        this.#pausedUntil === undefined || this.#endedAt !== undefined
          ? ""
          : pausedInWords(Math.max(0, this.#pausedUntil - now)),
      time: this.#time(now - this.#startedAt, perSecond),
    };
  }

  #speedOfLate(now: number): number | undefined {
    const next = this.#nextMark;
    if (now - next.at >= leastWindow.time && this.#done - next.done >= leastWindow.steps) {
      this.#mark = next;
      this.#nextMark = { at: now, done: this.#done };
    }
    return speed(this.#done - this.#mark.done, now - this.#mark.at);
  }

  #time(passed: number, perSecond: number | undefined): string {
    const missing = this.#total === undefined ? 0 : Math.max(0, this.#total - this.#done);
    if (this.#endedAt !== undefined)
      return `${missing > 0 ? "stopped after" : "in"} ${durationInWords(passed)}`;
    if (this.#total === undefined || perSecond === undefined) return `${durationInWords(passed)} so far`;
    return missing === 0 ? "" : `${durationInWords(1000 * Math.ceil(missing / perSecond))} left`;
  }
}

/** Steps per second, where it can be told. */
function speed(steps: number, milliseconds: number): number | undefined {
  return steps > 0 && milliseconds > 0 ? (1000 * steps) / milliseconds : undefined;
}
