import type { Context } from "./job-context.ts";
import { type RetryOptions, RetryPolicy, type Verdict } from "./retry-policy.ts";
import { timerDelay } from "./timer-delay.ts";

/** A job between two attempts. */
export interface WaitingJob<I> {
  readonly item: I;
  readonly index: number;
  /** The one to come. */
  readonly attempt: number;
  /** When the first one began, where somebody asks. */
  readonly startedAt: number | undefined;
  /** Why it waits. */
  readonly error: unknown;
}

/** The jobs of one run that wait for another attempt. Meanwhile others have their slots. */
export class JobRetries<I> {
  readonly #policy: RetryPolicy;
  readonly #onReady: () => void;
  readonly #waiting = new Map<WaitingJob<I>, NodeJS.Timeout>();
  #ready: WaitingJob<I>[] = [];
  #pause: NodeJS.Timeout | undefined;
  #pausedUntil = 0;

  /** @param onReady is called when a job may start again, and when a pause is over */
  constructor(options: RetryOptions, onReady: () => void) {
    this.#policy = new RetryPolicy(options);
    this.#onReady = onReady;
  }

  /** How many wait, or may start again. */
  get size(): number {
    return this.#waiting.size + this.#ready.length;
  }

  /** A service has asked to wait: nothing starts. */
  get paused(): boolean {
    return this.#pause !== undefined;
  }

  /** Those that wait, or may start again. */
  jobs(): WaitingJob<I>[] {
    return [...this.#waiting.keys(), ...this.#ready];
  }

  /** The time that a job is to remember of its start. */
  clock(): number | undefined {
    return this.#policy.budget === Number.POSITIVE_INFINITY ? undefined : performance.now();
  }

  /**
   * A failure: lets the job wait for another attempt, or tells with which error it has failed for good.
   *
   * @returns for how long the service asks all to wait, 0 where it does not; or the error
   */
  consider(
    item: I,
    context: Context,
    error: unknown,
  ): { readonly pause: number } | { readonly error: unknown } {
    const { index, attempt, startedAt } = context;
    const elapsed = startedAt === undefined ? 0 : performance.now() - startedAt;
    const verdict = this.#decide(error, attempt, elapsed, index);
    if ("error" in verdict) return verdict;
    const job = { item, index, attempt: attempt + 1, startedAt, error };
    const timer = setTimeout(() => {
      this.#waiting.delete(job);
      this.#ready.push(job);
      this.#onReady();
    }, timerDelay(verdict.wait));
    this.#waiting.set(job, timer);
    if (!verdict.asked) return { pause: 0 };
    this.#pauseFor(verdict.wait);
    return { pause: verdict.wait };
  }

  /** Where the user's own functions fail, there is nothing more to try. */
  #decide(error: unknown, attempt: number, elapsed: number, index: number): Verdict {
    try {
      return this.#policy.decide(error, attempt, elapsed, index);
    } catch (failure) {
      return { error: failure };
    }
  }

  /** A job that may start again. */
  take(): WaitingJob<I> | undefined {
    return this.#ready.shift();
  }

  /** No more attempts. Returns those that would have had one. */
  stop(): WaitingJob<I>[] {
    const jobs = this.jobs();
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    clearTimeout(this.#pause);
    this.#waiting.clear();
    this.#ready = [];
    return jobs;
  }

  #pauseFor(milliseconds: number): void {
    const until = performance.now() + milliseconds;
    if (until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#onReady();
    }, timerDelay(milliseconds));
  }
}
