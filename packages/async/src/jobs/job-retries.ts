import { timerDelay } from "@llx/support";
import type { Context, Earlier } from "./job-context.ts";
import type { RefusalState } from "../refusals/refusal-control.ts";
import type { Refusal } from "../refusals/refusal-gate.ts";
import {
  type FailedAttempt,
  RefusedError,
  type RetryDecision,
  type RetryOptions,
  RetryPolicy,
} from "../retry/retry-policy.ts";

/** A job between two attempts. */
export interface WaitingJob<I> {
  readonly item: I;
  readonly index: number;
  readonly earlier: Earlier;
  /** When the first one began, by `performance.now()`; `undefined` if no limit depends on it. */
  readonly startedAt: number | undefined;
}

/** The jobs of one run that wait for another attempt. Meanwhile their slots are free for other jobs. */
export class JobRetries<I> {
  readonly #policy: RetryPolicy;
  readonly #onReady: () => void;
  readonly #waiting = new Map<WaitingJob<I>, NodeJS.Timeout>();
  /** Jobs whose last attempt has not ended, and whether they would start now. */
  readonly #held = new Map<WaitingJob<I>, boolean>();
  #ready: WaitingJob<I>[] = [];
  #pause: NodeJS.Timeout | undefined;
  #pausedUntil = 0;

  /** @param onReady called when a job may start again, and when a pause is over */
  constructor(options: RetryOptions, onReady: () => void) {
    this.#policy = new RetryPolicy(options);
    this.#onReady = onReady;
  }

  /** How many jobs wait or may start again. */
  get size(): number {
    return this.#waiting.size + this.#ready.length;
  }

  /** Whether a service has asked callers to wait, so that no job starts. */
  get paused(): boolean {
    return this.#pause !== undefined;
  }

  /** How long until a job may start, in milliseconds. */
  get pausedFor(): number {
    return this.paused ? Math.max(0, this.#pausedUntil - performance.now()) : 0;
  }

  /** The jobs that wait or may start again. */
  jobs(): WaitingJob<I>[] {
    return [...this.#waiting.keys(), ...this.#ready];
  }

  /** The start time of a new job, in milliseconds; `undefined` if no limit depends on it. */
  clock(): number | undefined {
    return this.#policy.totalTimeout === Number.POSITIVE_INFINITY ? undefined : performance.now();
  }

  /** The refusal in an error; `undefined` for any other failure, and if refusals are not waited out. */
  refusal(error: unknown): Refusal | undefined {
    try {
      return this.#policy.refusal(error);
    } catch {
      // The same function throws again in `#decide`.
      return undefined;
    }
  }

  /** Why a job does not wait any longer to be sent: the service has refused for too long. */
  givenUp({ shownFor, pausedFor, cause }: RefusalState): RefusedError | undefined {
    const allowed = this.#policy.maxRefusedTime;
    // What may be sent at once is a probe.
    if (allowed === 0 || shownFor < allowed || pausedFor === 0) return undefined;
    return new RefusedError(shownFor, allowed, cause);
  }

  /**
   * Lets a failed job wait for another attempt, or decides the error of its final failure.
   *
   * @param pause what the service says and how long it has refused, if the failure is a refusal
   * @returns the job, and how long the service asks all callers to wait, in milliseconds, 0 if it does not; or the error
   */
  consider(
    item: I,
    context: Context,
    error: unknown,
    pause: (RefusalState & Refusal) | undefined,
  ): { readonly job: WaitingJob<I>; readonly pause: number } | { readonly error: unknown } {
    const { index, attempt, startedAt, refusals = { count: 0, since: performance.now() } } = context;
    const elapsed = startedAt === undefined ? 0 : performance.now() - startedAt;
    const decision = this.#decide(error, {
      attempt,
      refusals: refusals.count,
      elapsed,
      refusedFor: Math.max(pause?.refusedFor ?? 0, performance.now() - refusals.since),
      pausedFor: pause?.pausedFor ?? 0,
      index,
    });
    if ("error" in decision) return decision;
    const earlier = {
      attempts: attempt,
      refusals: decision.refused ? { count: refusals.count + 1, since: refusals.since } : context.refusals,
      error,
    };
    const job = { item, index, earlier, startedAt };
    if (decision.refused) {
      // The admission decides when it may start, but not before the time that the service has asked for.
      if (pause?.retryAfter === undefined) this.#ready.push(job);
      else this.#waitFor(job, pause.retryAfter);
      return { job, pause: 0 };
    }
    this.#waitFor(job, decision.wait);
    if (!decision.asked) return { job, pause: 0 };
    this.#pauseFor(decision.wait);
    return { job, pause: decision.wait };
  }

  /** An error thrown by a function in the caller's options ends the retries. */
  #decide(error: unknown, failed: FailedAttempt): RetryDecision {
    try {
      return this.#policy.decide(error, failed);
    } catch (failure) {
      return { error: failure };
    }
  }

  /** Lets a job that waits not start before {@link resume}. */
  hold(job: WaitingJob<I>): void {
    this.#held.set(job, false);
  }

  /** Its last attempt has ended. */
  resume(job: WaitingJob<I>): void {
    const isDue = this.#held.get(job);
    this.#held.delete(job);
    if (isDue) this.#makeReady(job);
  }

  /** Takes a job that may start again. */
  take(): WaitingJob<I> | undefined {
    return this.#ready.shift();
  }

  /** Ends all waits. Returns the jobs that would have had another attempt. */
  stop(): WaitingJob<I>[] {
    const jobs = this.jobs();
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    clearTimeout(this.#pause);
    this.#waiting.clear();
    this.#held.clear();
    this.#ready = [];
    return jobs;
  }

  #waitFor(job: WaitingJob<I>, milliseconds: number): void {
    const timer = setTimeout(() => {
      if (this.#held.has(job)) this.#held.set(job, true);
      else this.#makeReady(job);
    }, timerDelay(milliseconds));
    this.#waiting.set(job, timer);
  }

  #makeReady(job: WaitingJob<I>): void {
    this.#waiting.delete(job);
    this.#ready.push(job);
    this.#onReady();
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
