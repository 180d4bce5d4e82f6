import type { RateLease } from "../limits/rate-lease.ts";

/** What a job receives. */
export interface JobContext {
  /** Aborted when the job's result is no longer needed. Pass it to whatever the job waits for. */
  readonly signal: AbortSignal;
  /** Index of the job among the inputs, from 0. */
  readonly index: number;
  /** Number of this attempt, from 1. Attempts that a service refused count too. */
  readonly attempt: number;
  /**
   * What the attempt was charged by the option `rate`. Settle it with the number of tokens actually used;
   * otherwise a success settles it as estimated, and a refusal marks it as refused. `undefined` without `rate`.
   */
  readonly lease: RateLease | undefined;
}

/** Computes a result from an input. */
export type Mapper<I, T> = (item: I, context: JobContext) => T | PromiseLike<T>;

/** A function that has not been called. A promise is never a job, because its work has already started. */
export type Job<T> = (context: JobContext) => T | PromiseLike<T>;

/** The result of a job of type `J`. */
export type JobResult<J extends Job<unknown>> = Awaited<ReturnType<J>>;

/** Inputs that are pulled one at a time, when a worker is free for the next. */
export type Inputs<I> = Iterable<I> | AsyncIterable<I>;
