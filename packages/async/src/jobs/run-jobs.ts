import { describe, refusePromise } from "@llx/support";
import type { Inputs, Job, JobContext, JobResult } from "./job.ts";
import type { JobOptions, SettleOption } from "./job-options.ts";
import type { Outcome } from "./outcome.ts";
import { mapJobs } from "./map-jobs.ts";

/**
 * Runs jobs, at most `workers` at once, and returns their results in the order of the jobs. Jobs are pulled
 * from the iterable when a worker is free for the next one. The first failure aborts the signal of the
 * others, awaits them, and is thrown as it is; failures that follow are in its property `siblingErrors`. With `settle: true` a
 * failed job stops nothing, and outcomes are returned.
 *
 * @param jobs functions that have not been called; each is called when a worker is free
 * @throws TypeError or RangeError for invalid arguments, before anything starts; with `settle: true`, an `InputsError` with the
 *   outcomes so far, if the iterable itself fails
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
): Promise<Outcome<T, Job<T>>[]>;
export function runJobs<T>(
  jobs: Inputs<Job<T>>,
  options?: JobOptions & { readonly settle?: false | undefined },
): Promise<T[]>;
export function runJobs<const J extends readonly Job<unknown>[]>(
  jobs: J,
  options: JobOptions & SettleOption,
): Promise<Outcome<JobResult<J[number]>, J[number]>[]>;
export function runJobs<const J extends readonly Job<unknown>[]>(
  jobs: J,
  options?: JobOptions & { readonly settle?: false | undefined },
): Promise<JobResult<J[number]>[]>;
export async function runJobs<T>(
  jobs: Inputs<Job<T>>,
  options: JobOptions & { readonly settle?: boolean | undefined } = {},
): Promise<T[] | Outcome<T, Job<T>>[]> {
  checkJobs(jobs, options);
  return mapJobs(jobs, runOne, options as JobOptions & SettleOption);
}

/** @throws TypeError for a job that is not a function, if all can be checked before one starts; for a mapper in place of options */
export function checkJobs(jobs: Inputs<unknown>, options: unknown): void {
  if (typeof options === "function") {
    throw new TypeError(
      "jobs are functions, and take no mapper; for inputs and a mapper, use mapJobs(inputs, mapper)",
    );
  }
  if (Array.isArray(jobs)) for (const [index, job] of jobs.entries()) checkJob(job, index);
}

export function runOne<T>(job: Job<T>, context: JobContext): T | PromiseLike<T> {
  if (typeof job !== "function") checkJob(job, context.index);
  return job(context);
}

/** @throws TypeError with the index of a job that is not a function */
export function checkJob(job: unknown, index: number, list = "jobs"): void {
  if (typeof job === "function") return;
  const problem =
    "is a promise, whose work has already started; pass a function that starts it: () => promise";
  refusePromise(`${list}[${index}]`, job, problem);
  throw new TypeError(`${list}[${index}] must be a function, not ${describe(job)}`);
}
