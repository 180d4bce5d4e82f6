import { checkCount, checkNames, type NamesOf } from "@llx/support";
import { chunks } from "./chunks.ts";
import type { Job, JobResult } from "../jobs/job.ts";
import { checkInputs } from "../jobs/job-inputs.ts";
import type { JobOptions } from "../jobs/job-options.ts";
import { mapFrom } from "../jobs/map-jobs.ts";
import { checkJob, runOne } from "../jobs/run-jobs.ts";

/** Options of `batchGather`. */
export interface BatchGatherOptions extends Pick<JobOptions, "signal" | "grace" | "callbackManager"> {
  /**
   * How many tasks are in a group.
   *
   * @default 10
   */
  readonly batchSize?: number | undefined;
  /** `true` writes the number of completed tasks to stderr after each group; or pass an object to write to. */
  readonly showProgress?: boolean | { write(text: string): unknown } | undefined;
}

const names: NamesOf<BatchGatherOptions> = {
  batchSize: true,
  showProgress: true,
  signal: true,
  grace: true,
  callbackManager: true,
};

const isBatchSize = "it is called batchSize";
const isShowProgress = "it is called showProgress";
const foreignNames: Readonly<Record<string, string>> = {
  chunkSize: isBatchSize,
  concurrency: isBatchSize,
  workers: isBatchSize,
  progress: isShowProgress,
  verbose: isShowProgress,
};

/**
 * Runs tasks group by group: a group starts when all tasks of the previous one are done. Returns the results in
 * order. The first failure aborts the others of its group, awaits them, and is thrown as it is.
 *
 * The barrier between groups costs time: each group takes as long as its slowest task. With tasks of uneven
 * length, `runJobs` with as many workers is up to three times as fast; use this where you need groups.
 *
 * @param tasks functions that have not been called
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
  checkNames(options, names, foreignNames);
  const { batchSize = 10, showProgress = false, ...rest } = options;
  checkCount("batchSize", batchSize);
  checkInputs(tasks);
  const all = [...tasks];
  for (const [index, task] of all.entries()) checkJob(task, index, "tasks");
  const sink = showProgress === true ? process.stderr : showProgress;
  const results: T[] = [];
  for (const group of chunks(all, batchSize)) {
    // oxlint-disable-next-line no-await-in-loop -- groups run one after another
    const done = await mapFrom(results.length, group, runOne<T>, { ...rest, workers: batchSize });
    // One by one: a group may be longer than a call can have arguments.
    for (const result of done as T[]) results.push(result);
    if (sink) sink.write(`Completed ${results.length} out of ${all.length} tasks\n`);
  }
  return results;
}
