import type { RateLease } from "../limits/rate-lease.ts";

/** What a job is told of itself. */
export interface JobContext {
  /** Aborted when the job's result is no longer wanted. Pass it on to whatever the job waits for. */
  readonly signal: AbortSignal;
  /** Place of the job among the inputs, from 0. */
  readonly index: number;
  /** Which attempt this is, from 1; those that a service refused count here. */
  readonly attempt: number;
  /**
   * What the attempt has taken of the option `rate`: to settle how many tokens it has really used. It is settled as
   * estimated when the job succeeds, and refused when it fails with a refusal. `undefined` without `rate`.
   */
  readonly lease: RateLease | undefined;
}

/** Makes a result out of an input. */
export type Mapper<I, T> = (item: I, context: JobContext) => T | PromiseLike<T>;

/** A function not yet started. A started promise is never a job. */
export type Job<T> = (context: JobContext) => T | PromiseLike<T>;

/** What comes of a job that is one of these. */
export type JobResult<J extends Job<unknown>> = Awaited<ReturnType<J>>;

/** Inputs that are pulled one by one, when there is a worker for the next. */
export type Inputs<I> = Iterable<I> | AsyncIterable<I>;
