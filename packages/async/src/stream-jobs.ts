import { checkCount } from "./checks.ts";
import type { Inputs, Job } from "./job.ts";
import { checkInputs, sizeOf } from "./job-inputs.ts";
import { checkJobOptions, type JobOptions, workersOf } from "./job-options.ts";
import { JobProgress } from "./job-progress.ts";
import { JobRun } from "./job-run.ts";
import { JobStream, type OpenRun } from "./job-stream.ts";
import { type Completed, CompletedBuffer, OrderedBuffer } from "./result-buffer.ts";
import { checkJobs, runOne } from "./run-jobs.ts";

export interface StreamOptions extends JobOptions {
  /**
   * How many results may wait to be taken, beside the jobs that run. Default 8 × `workers`. A narrow buffer
   * lets one slow job hold up the others, as results are handed out in order.
   */
  readonly buffer?: number | undefined;
}

/**
 * Runs jobs like `runJobs` and hands out each result as soon as it can be: in the order of the jobs, or with
 * `ordered: false` as they complete, together with their index. Nothing starts before the first result is asked
 * for; jobs are pulled only while there is room for their results, so inputs without end are welcome.
 *
 * The first failure aborts the other jobs and awaits them. The results before it are handed out, then it is
 * thrown. Leaving the loop early aborts and awaits what runs.
 *
 * @throws TypeError or RangeError for bad arguments, at once
 *
 * @example
 * ```ts
 * for await (const page of streamJobs(urls.map((url) => () => fetch(url)), { workers: 8 })) await save(page);
 * ```
 */
export function streamJobs<T>(
  jobs: Inputs<Job<T>>,
  options: StreamOptions & { readonly ordered: false },
): AsyncGenerator<Completed<T>, void, undefined>;
export function streamJobs<T>(
  jobs: Inputs<Job<T>>,
  options?: StreamOptions & { readonly ordered?: true | undefined },
): AsyncGenerator<T, void, undefined>;
export function streamJobs<T>(
  jobs: Inputs<Job<T>>,
  options: StreamOptions & { readonly ordered?: boolean | undefined } = {},
): AsyncGenerator<T | Completed<T>, void, undefined> {
  checkJobOptions(options);
  checkInputs(jobs);
  checkJobs(jobs);
  const { signal } = options;
  const most = workersOf(options);
  const { buffer = 8 * most } = options;
  checkCount("buffer", buffer, 0);
  const open: OpenRun<T> = async (sink) => {
    signal?.throwIfAborted();
    const progress = await JobProgress.of(options, sizeOf(jobs));
    return new JobRun(jobs, runOne<T>, sink, options, progress);
  };
  return options.ordered === false
    ? new JobStream(open, new CompletedBuffer<T>(), most, buffer)
    : new JobStream(open, new OrderedBuffer<T>(most + buffer), most, buffer);
}
