import { checkCount } from "@llx/support";
import { chunks } from "./chunks.ts";
import type { Job, JobResult } from "../jobs/job.ts";
import { checkInputs } from "../jobs/job-inputs.ts";
import type { JobOptions } from "../jobs/job-options.ts";
import { mapFrom } from "../jobs/map-jobs.ts";
import { checkJob, runOne } from "../jobs/run-jobs.ts";

/** How large a group is, and whether each is reported. */
export interface BatchGatherOptions extends Pick<JobOptions, "signal" | "grace" | "callbackManager"> {
  /** How many tasks are in a group. Default 10. */
  readonly batchSize?: number | undefined;
  /** `true` writes to stderr after each group how many tasks are done; or give where to write to. */
  readonly verbose?: boolean | { write(text: string): unknown } | undefined;
}

/**
 * Runs tasks group by group: a group starts when the one before it is done as a whole. Returns the results in
 * order. The first failure aborts the others of its group, awaits them, and is thrown as it is.
 *
 * The barrier between groups costs time: each group takes as long as its slowest task. With tasks of uneven
 * length `runJobs` is up to three times as fast with as many at once; use this where groups are what you want.
 *
 * @throws TypeError or RangeError for bad arguments, before anything starts
 */
export function batchGather<T>(tasks: Iterable<Job<T>>, options?: BatchGatherOptions): Promise<T[]>;
export function batchGather<const J extends readonly Job<unknown>[]>(
  tasks: J,
  options?: BatchGatherOptions,
): Promise<JobResult<J[number]>[]>;
export async function batchGather<T>(
  tasks: Iterable<Job<T>>,
  options: BatchGatherOptions = {},
): Promise<T[]> {
  const { batchSize = 10, verbose = false, ...rest } = options;
  checkCount("batchSize", batchSize);
  checkInputs(tasks);
  const all = [...tasks];
  for (const [index, task] of all.entries()) checkJob(task, index, "tasks");
  const sink = verbose === true ? process.stderr : verbose;
  const results: T[] = [];
  for (const group of chunks(all, batchSize)) {
    // oxlint-disable-next-line no-await-in-loop -- one group after another is what is asked for
    const done = await mapFrom(results.length, group, runOne<T>, { ...rest, workers: batchSize });
    // One by one: a group may be longer than a call can have arguments.
    for (const result of done as T[]) results.push(result);
    if (sink) sink.write(`Completed ${results.length} out of ${all.length} tasks\n`);
  }
  return results;
}
