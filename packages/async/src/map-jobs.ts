import type { Inputs, JobContext } from "./job.ts";
import type { JobOptions, SettleOption } from "./job-options.ts";
import { JobRun } from "./job-run.ts";

/**
 * Runs each input through `mapper`, at most `workers` at once, and returns the results in the order of the
 * inputs. The first failure aborts the signal of the others, awaits them, and is thrown as it is.
 *
 * @throws TypeError or RangeError for bad arguments, before anything starts
 *
 * @example
 * ```ts
 * const pages = await mapJobs(urls, (url, { signal }) => fetch(url, { signal }), { workers: 8 });
 * ```
 */
export function mapJobs<I, T>(
  inputs: Inputs<I>,
  mapper: (input: I, context: JobContext) => T | PromiseLike<T>,
  options: JobOptions & SettleOption,
): Promise<PromiseSettledResult<T>[]>;
export function mapJobs<I, T>(
  inputs: Inputs<I>,
  mapper: (input: I, context: JobContext) => T | PromiseLike<T>,
  options?: JobOptions & { readonly settle?: false | undefined },
): Promise<T[]>;
export async function mapJobs<I, T>(
  inputs: Inputs<I>,
  mapper: (input: I, context: JobContext) => T | PromiseLike<T>,
  options: JobOptions & { readonly settle?: boolean | undefined } = {},
): Promise<T[] | PromiseSettledResult<T>[]> {
  if (options.settle) {
    const outcomes: PromiseSettledResult<T>[] = [];
    await JobRun.run(
      inputs,
      mapper,
      {
        succeeded: (index, value) => {
          outcomes[index] = { status: "fulfilled", value };
        },
        failed: (index, reason) => {
          outcomes[index] = { status: "rejected", reason };
          return false;
        },
      },
      options,
    );
    return outcomes;
  }
  const results: T[] = [];
  await JobRun.run(
    inputs,
    mapper,
    {
      succeeded: (index, value) => {
        results[index] = value;
      },
      failed: () => true,
    },
    options,
  );
  return results;
}
