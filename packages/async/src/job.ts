/** What a job is told of itself. */
export interface JobContext {
  /** Aborted when the job's result is no longer wanted. Pass it on to whatever the job waits for. */
  readonly signal: AbortSignal;
  /** Place of the job among the inputs, from 0. */
  readonly index: number;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
}

/** A function not yet started. A started promise is never a job. */
export type Job<T> = (context: JobContext) => T | PromiseLike<T>;

/** What comes of a job that is one of these. */
export type JobResult<J extends Job<unknown>> = Awaited<ReturnType<J>>;

/** Inputs that are pulled one by one, when there is a worker for the next. */
export type Inputs<I> = Iterable<I> | AsyncIterable<I>;
