import { timerDelay } from "@llx/support";
import type { Context, Earlier } from "./job-context.ts";
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

  /** For how long nothing starts, in milliseconds. */
  get pausedFor(): number {
    return this.paused ? Math.max(0, this.#pausedUntil - performance.now()) : 0;
  }

  /** Those that wait, or may start again. */
  jobs(): WaitingJob<I>[] {
    return [...this.#waiting.keys(), ...this.#ready];
  }

  /** The time that a job is to remember of its start. */
  clock(): number | undefined {
    return this.#policy.totalTimeout === Number.POSITIVE_INFINITY ? undefined : performance.now();
  }

  /** What a service says when it refuses; `undefined` for any other failure, and where refusals are not waited out. */
  refusal(error: unknown): Refusal | undefined {
    try {
      return this.#policy.refusal(error);
    } catch {
      // The same function fails once more where it is decided what to do.
      return undefined;
    }
  }

  /** Why a job is not even sent: the service has refused for too long. Now and then one may try all the same. */
  givenUp(
    last: { readonly error: unknown },
    { refusedFor, pausedFor }: { readonly refusedFor: number; readonly pausedFor: number },
  ): RefusedError | undefined {
    const allowed = this.#policy.maxRefusedTime;
    if (refusedFor === 0 || refusedFor < allowed || pausedFor === 0) return undefined;
    return new RefusedError(refusedFor, allowed, last.error);
  }

  /**
   * A failure: lets the job wait for another attempt, or tells with which error it has failed for good.
   *
   * @param pause of all that the service refuses, where the failure is a refusal
   * @returns for how long the service asks all to wait, 0 where it does not; or the error
   */
  consider(
    item: I,
    context: Context,
    error: unknown,
    pause: { readonly refusedFor: number; readonly pausedFor: number } | undefined,
  ): { readonly pause: number } | { readonly error: unknown } {
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
    };
    const job = { item, index, earlier, startedAt, error };
    if (decision.refused) {
      // Whoever lets jobs in knows when it may start.
      this.#ready.push(job);
      return { pause: 0 };
    }
    const timer = setTimeout(() => {
      this.#waiting.delete(job);
      this.#ready.push(job);
      this.#onReady();
    }, timerDelay(decision.wait));
    this.#waiting.set(job, timer);
    if (!decision.asked) return { pause: 0 };
    this.#pauseFor(decision.wait);
    return { pause: decision.wait };
  }

  /** Where the user's own functions fail, there is nothing more to try. */
  #decide(error: unknown, failed: FailedAttempt): RetryDecision {
    try {
      return this.#policy.decide(error, failed);
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
