/**
 * What became of a job, with `settle: true`: as of `Promise.allSettled`, and a failure has its input. A success has not, as a
 * million of them would keep a million inputs in memory; the order of the outcomes is that of the inputs.
 *
 * @typeParam T the result
 * @typeParam I the input: of `runJobs` and `streamJobs`, the job itself
 */
export type Outcome<T, I> = PromiseFulfilledResult<T> | Failure<I>;

/** A job that has finally failed. */
export interface Failure<I> extends PromiseRejectedResult {
  /** The index of the input. */
  readonly index: number;
  /** The input, for another try. */
  readonly input: I;
}
