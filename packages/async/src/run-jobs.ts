import type { Inputs, Job, JobContext } from "./job.ts";
import { describe, type JobOptions, type SettleOption } from "./job-options.ts";
import { mapJobs } from "./map-jobs.ts";

/**
 * Runs jobs, at most `workers` at once, and returns their results in the order of the jobs. Jobs are pulled
 * from the iterable when there is a worker for the next one. The first failure aborts the signal of the
 * others, awaits them, and is thrown as it is.
 *
 * @throws TypeError or RangeError for bad arguments, before anything starts
 *
 * @example
 * ```ts
 * const jobs = urls.map((url) => ({ signal }: JobContext) => fetch(url, { signal }));
 * const pages = await runJobs(jobs, { workers: 8, showProgress: true });
 * ```
 */
export function runJobs<T>(
  jobs: Inputs<Job<T>>,
  options: JobOptions & SettleOption,
): Promise<PromiseSettledResult<T>[]>;
export function runJobs<T>(
  jobs: Inputs<Job<T>>,
  options?: JobOptions & { readonly settle?: false | undefined },
): Promise<T[]>;
export async function runJobs<T>(
  jobs: Inputs<Job<T>>,
  options: JobOptions & { readonly settle?: boolean | undefined } = {},
): Promise<T[] | PromiseSettledResult<T>[]> {
  if (Array.isArray(jobs)) for (const [index, job] of jobs.entries()) checkJob(job, index);
  return mapJobs(jobs, runOne, options as JobOptions & SettleOption);
}

function runOne<T>(job: Job<T>, context: JobContext): T | PromiseLike<T> {
  if (typeof job !== "function") checkJob(job, context.index);
  return job(context);
}

function checkJob(job: unknown, index: number): void {
  if (typeof job === "function") return;
  if (typeof job === "object" && job !== null && "then" in job && typeof job.then === "function") {
    // Its failure is no surprise that should end the process: the caller gets this error instead.
    job.then(undefined, () => {});
    throw new TypeError(
      `jobs[${index}] is a promise, which has started already and cannot be held back; ` +
        `pass a function that starts it: () => promise`,
    );
  }
  throw new TypeError(`jobs[${index}] must be a function, not ${describe(job)}`);
}
