import { checkCount, type NamesOf } from "@llx/support";
import type { Inputs, Job } from "./job.ts";
import { checkInputs, openInputs, sizeOf } from "./job-inputs.ts";
import {
  checkJobOptions,
  jobNames,
  type JobOptions,
  mostWorkersOf,
  type SettleOption,
  type ChargeOptions,
  workersOf,
} from "./job-options.ts";
import { JobProgress } from "./job-progress.ts";
import { JobRun } from "./job-run.ts";
import type { JobSink } from "./job-sink.ts";
import { JobStream, type OpenRun } from "./job-stream.ts";
import type { Outcome } from "./outcome.ts";
import { type Completed, CompletedBuffer, OrderedBuffer } from "./result-buffer.ts";
import { checkJobs, runOne } from "./run-jobs.ts";

/** Options of `streamJobs`. */
export interface StreamOptions extends JobOptions {
  /**
   * How many results may wait to be taken, in addition to the running jobs. With a small buffer, one slow job delays
   * the others, because results are yielded in order.
   *
   * @default 8 × workers
   */
  readonly buffer?: number | undefined;
}

/**
 * Runs jobs like `runJobs` and yields each result as early as possible: in the order of the jobs, or with
 * `ordered: false` in the order of completion, with the index of the job. Nothing starts before the first result is
 * requested; jobs are pulled only while there is room for their results, so inputs may be endless.
 *
 * The first failure aborts the other jobs and awaits them. The results before it are yielded, then it is
 * thrown. Leaving the loop early aborts and awaits the running jobs. With `settle: true` a failed job stops nothing, and the
 * outcome of each job is yielded, as by `Promise.allSettled`; that of a failure has the job as `input`. If the iterable itself
 * fails, the outcomes of all jobs before are yielded, then what it has thrown is thrown.
 *
 * @throws TypeError or RangeError for invalid arguments, at once
 *
 * @example
 * ```ts
 * for await (const page of streamJobs(urls.map((url) => () => fetch(url)), { workers: 8 })) await save(page);
 * ```
 */
export function streamJobs<T>(
  jobs: Inputs<Job<T>>,
  options: StreamOptions & ChargeOptions<Job<T>> & SettleOption & { readonly ordered: false },
): AsyncGenerator<Completed<Outcome<T, Job<T>>>, void, undefined>;
export function streamJobs<T>(
  jobs: Inputs<Job<T>>,
  options: StreamOptions & ChargeOptions<Job<T>> & SettleOption & { readonly ordered?: true | undefined },
): AsyncGenerator<Outcome<T, Job<T>>, void, undefined>;
export function streamJobs<T>(
  jobs: Inputs<Job<T>>,
  options: StreamOptions &
    ChargeOptions<Job<T>> & { readonly ordered: false; readonly settle?: false | undefined },
): AsyncGenerator<Completed<T>, void, undefined>;
export function streamJobs<T>(
  jobs: Inputs<Job<T>>,
  options?: StreamOptions &
    ChargeOptions<Job<T>> & { readonly ordered?: true | undefined; readonly settle?: false | undefined },
): AsyncGenerator<T, void, undefined>;
export function streamJobs<T>(
  jobs: Inputs<Job<T>>,
  options: StreamOptions &
    ChargeOptions<Job<T>> & {
      readonly ordered?: boolean | undefined;
      readonly settle?: boolean | undefined;
    } = {},
): AsyncGenerator<unknown, void, undefined> {
  checkJobs(jobs, options);
  checkJobOptions(options, streamNames);
  checkInputs(jobs);
  const { signal } = options;
  const most = mostWorkersOf(options);
  const { buffer = 8 * workersOf(options) } = options;
  checkCount("buffer", buffer, 0);
  const open = async (sink: JobSink<T, Job<T>>): Promise<JobRun<Job<T>, T>> => {
    signal?.throwIfAborted();
    const source = openInputs(jobs);
    const size = sizeOf(jobs);
    const progress = await JobProgress.of(options, size);
    return new JobRun(source, runOne<T>, sink, options, progress, 0, size);
  };
  if (!options.settle) return stream(open, options.ordered, most, buffer);
  return stream<Outcome<T, Job<T>>>((sink) => open(new SettledSink(sink)), options.ordered, most, buffer);
}

const streamNames: NamesOf<Parameters<typeof streamJobs>[1] & object> = {
  ...jobNames,
  buffer: true,
  ordered: true,
};

function stream<T>(
  open: OpenRun<T>,
  ordered: boolean | undefined,
  workers: number,
  buffer: number,
): AsyncGenerator<T | Completed<T>, void, undefined> {
  return ordered === false
    ? new JobStream(open, new CompletedBuffer<T>(), workers, buffer)
    : new JobStream(open, new OrderedBuffer<T>(workers + buffer), workers, buffer);
}

/** Passes on outcomes of either kind. */
class SettledSink<T> implements JobSink<T, Job<T>> {
  readonly #sink: JobSink<Outcome<T, Job<T>>, Job<T>>;

  constructor(sink: JobSink<Outcome<T, Job<T>>, Job<T>>) {
    this.#sink = sink;
  }

  succeeded(index: number, value: T): void {
    this.#sink.succeeded(index, { status: "fulfilled", value });
  }

  failed(index: number, reason: unknown, input: Job<T>): boolean {
    this.#sink.succeeded(index, { status: "rejected", reason, index, input });
    return false;
  }

  hasRoom(): boolean {
    return this.#sink.hasRoom();
  }
}
