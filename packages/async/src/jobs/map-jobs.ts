import { checkWork } from "@llx/support";
import type { Inputs, JobContext, Mapper } from "./job.ts";
import { InputsError } from "./inputs-error.ts";
import { checkInputs, openInputs, sizeOf } from "./job-inputs.ts";
import { checkJobOptions, type JobOptions, type SettleOption, type ChargeOptions } from "./job-options.ts";
import { JobProgress } from "./job-progress.ts";
import { JobRun } from "./job-run.ts";
import type { JobSink } from "./job-sink.ts";
import type { Outcome } from "./outcome.ts";
import { ResultList } from "./result-list.ts";
import { keepAlive } from "../support/keep-alive.ts";

/**
 * Runs each input through `mapper`, at most `workers` at once, and returns the results in the order of the
 * inputs. The first failure aborts the signal of the others, awaits them, and is thrown as it is; failures
 * that follow are in its property `siblingErrors`. With `settle: true` a failed job stops nothing, and outcomes are returned.
 *
 * @param inputs pulled when a worker is free for the next, and passed on as they are: also a promise, which the mapper has to await
 * @param mapper does the work for one input; called when a worker is free for it
 * @throws TypeError or RangeError for invalid arguments, before anything starts; with `settle: true`, an {@link InputsError} with the
 *   outcomes so far, if the inputs themselves fail
 *
 * @example
 * ```ts
 * const pages = await mapJobs(urls, (url, { signal }) => fetch(url, { signal }), { workers: 8 });
 * ```
 */
export function mapJobs<I, R>(
  inputs: Inputs<I>,
  mapper: (input: I, context: JobContext) => R,
  options: JobOptions & ChargeOptions<I> & SettleOption,
): Promise<Outcome<Awaited<R>, I>[]>;
export function mapJobs<I, R>(
  inputs: Inputs<I>,
  mapper: (input: I, context: JobContext) => R,
  options?: JobOptions & ChargeOptions<I> & { readonly settle?: false | undefined },
): Promise<Awaited<R>[]>;
export function mapJobs<I, T>(
  inputs: Inputs<I>,
  mapper: (input: I, context: JobContext) => T | PromiseLike<T>,
  options: MapOptions<I> = {},
): Promise<T[] | Outcome<T, I>[]> {
  return mapFrom(0, inputs, mapper, options);
}

type MapOptions<I> = JobOptions & ChargeOptions<I> & { readonly settle?: boolean | undefined };

/** Like `mapJobs`, with the index of the first input. */
export async function mapFrom<I, T>(
  first: number,
  inputs: Inputs<I>,
  mapper: Mapper<I, T>,
  options: MapOptions<I>,
): Promise<T[] | Outcome<T, I>[]> {
  checkJobOptions(options);
  checkWork("the mapper", mapper);
  checkInputs(inputs);
  options.signal?.throwIfAborted();
  const source = openInputs(inputs);
  const size = sizeOf(inputs);
  const progress = await JobProgress.of(options, size);
  const collected = options.settle ? new Settled<T, I>() : new Results<T>();
  const run = new JobRun(source, mapper, collected, options, progress, first, size);
  const failure = await run.run();
  const all = collected.list.toArray(run.started);
  if (failure !== undefined) throw new InputsError(failure.error, all as Outcome<T, I>[]);
  return all;
}

/** Collects results; the first failure stops the run. */
class Results<T> implements JobSink<T, unknown> {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(/* @__PURE__ */ new this());

  readonly list: ResultList<T> = new ResultList();

  succeeded(index: number, value: T): void {
    this.list.set(index, value);
  }

  failed(): boolean {
    return true;
  }

  hasRoom(): boolean {
    return true;
  }
}

/** Collects outcomes of either kind. */
class Settled<T, I> implements JobSink<T, I> {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(/* @__PURE__ */ new this());

  readonly list: ResultList<Outcome<T, I>> = new ResultList();

  succeeded(index: number, value: T): void {
    this.list.set(index, { status: "fulfilled", value });
  }

  failed(index: number, reason: unknown, input: I): boolean {
    this.list.set(index, { status: "rejected", reason, index, input });
    return false;
  }

  hasRoom(): boolean {
    return true;
  }
}
