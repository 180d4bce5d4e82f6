import { checkNames, describe, isThenable, type NamesOf } from "@llx/support";
import type { Job, JobContext } from "./job.ts";
import { checkInputs } from "./job-inputs.ts";
import type { JobOptions } from "./job-options.ts";
import { mapJobs } from "./map-jobs.ts";

/** Options of `runAsyncTasks`: abort and progress. */
export interface AsyncTasksOptions extends Pick<JobOptions, "signal" | "grace" | "callbackManager"> {
  /** `true` shows a bar on stderr; or pass your own `Progress`. */
  readonly showProgress?: JobOptions["showProgress"];
  /** Description next to the progress bar. */
  readonly desc?: string | undefined;
}

/**
 * Runs all tasks at once and returns their results in order. A task is a function, or a promise, whose work has
 * already started: it is awaited, but cannot be aborted. The first failure aborts the signal of the
 * functions, awaits them, and is thrown as it is. For more tasks than may run at once, see `runJobs`.
 *
 * @param tasks functions, which are called at once, or promises
 * @throws TypeError for a task that is neither a function nor a promise, before anything starts
 *
 * @example
 * ```ts
 * const [user, orders] = await runAsyncTasks([() => loadUser(id), () => loadOrders(id)]);
 * ```
 */
export function runAsyncTasks<const T extends readonly (Job<unknown> | PromiseLike<unknown>)[]>(
  tasks: T,
  options?: AsyncTasksOptions,
): Promise<{ -readonly [K in keyof T]: TaskResult<T[K]> }>;
export function runAsyncTasks<T>(
  tasks: Iterable<Job<T> | PromiseLike<T>>,
  options?: AsyncTasksOptions,
): Promise<T[]>;
export async function runAsyncTasks<T>(
  tasks: Iterable<Job<T> | PromiseLike<T>>,
  options: AsyncTasksOptions = {},
): Promise<T[]> {
  checkInputs(tasks);
  const all = [...tasks];
  // They may reject before they are awaited, which must not end the process: the caller receives the error.
  for (const task of all) if (isThenable(task)) task.then(undefined, () => {});
  checkNames(options, taskNames, { progressBarDesc: "it is called desc" });
  for (const [index, task] of all.entries()) checkTask(task, index);
  return mapJobs(all, runTask<T>, { ...options, workers: Math.max(1, all.length) });
}

const taskNames: NamesOf<AsyncTasksOptions> = {
  signal: true,
  grace: true,
  showProgress: true,
  desc: true,
  callbackManager: true,
};

/** The result of one task. */
export type TaskResult<T> =
  T extends PromiseLike<infer R> ? R : T extends (...args: never[]) => infer R ? Awaited<R> : never;

function runTask<T>(task: Job<T> | PromiseLike<T>, context: JobContext): T | PromiseLike<T> {
  return typeof task === "function" ? task(context) : task;
}

function checkTask(task: unknown, index: number): void {
  if (typeof task === "function" || isThenable(task)) return;
  throw new TypeError(`tasks[${index}] must be a function or a promise, not ${describe(task)}`);
}
