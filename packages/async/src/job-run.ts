import { type CallbackManager, currentCallbackManager } from "@llx/callbacks";
import type { Inputs, JobContext } from "./job.ts";
import {
  checkCount,
  checkMilliseconds,
  defaultGrace,
  defaultWorkers,
  describe,
  type JobOptions,
} from "./job-options.ts";
import { type Progress, progressFor } from "./progress.ts";
import { pullFrom, type Pull } from "./pull.ts";

/** What becomes of each job. */
export interface Outcomes<T> {
  succeeded(index: number, value: T): void;
  /** Returns whether the failure stops the run. */
  failed(index: number, error: unknown): boolean;
}

type Mapper<I, T> = (item: I, context: JobContext) => T | PromiseLike<T>;

/**
 * One call of `runJobs` or a sibling: workers that pull inputs and run them, until the inputs end or the run
 * is stopped by a failure or an abort. A stopped run closes its inputs and awaits what is running.
 */
export class JobRun<I, T> {
  readonly #pull: Pull<I>;
  readonly #call: Mapper<I, T>;
  readonly #workers: number;
  readonly #grace: number;
  readonly #outcomes: Outcomes<T>;
  readonly #progress: Progress | undefined;
  readonly #callerSignal: AbortSignal | undefined;
  readonly #running = new Set<number>();
  #controller: AbortController | undefined;
  #stop: { readonly reason: unknown } | undefined;
  #stopped: PromiseWithResolvers<void> | undefined;

  private constructor(
    inputs: Inputs<I>,
    call: Mapper<I, T>,
    outcomes: Outcomes<T>,
    options: JobOptions,
    progress: Progress | undefined,
  ) {
    this.#pull = pullFrom(inputs);
    this.#workers = options.workers ?? defaultWorkers;
    this.#grace = options.grace ?? defaultGrace;
    this.#outcomes = outcomes;
    this.#progress = progress;
    this.#callerSignal = options.signal;
    const manager = options.callbackManager ?? currentCallbackManager();
    this.#call = manager ? this.#traced(call, manager) : call;
  }

  /**
   * Runs every input through the mapper.
   *
   * @throws TypeError or RangeError for bad arguments, before anything starts; else what stopped the run
   */
  static async run<I, T>(
    inputs: Inputs<I>,
    call: Mapper<I, T>,
    outcomes: Outcomes<T>,
    options: JobOptions,
  ): Promise<void> {
    checkJobOptions(options);
    if (typeof call !== "function")
      throw new TypeError(`the mapper must be a function, not ${describe(call)}`);
    if (!isIterable(inputs)) {
      throw new TypeError(`the inputs must be an iterable or an async iterable, not ${describe(inputs)}`);
    }
    const progress = options.showProgress ? await progressFor(options.showProgress) : undefined;
    options.signal?.throwIfAborted();
    await new JobRun(inputs, call, outcomes, options, progress).#toTheEnd(inputs, options);
  }

  /** The signal of all jobs of this run; made when it is first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#stop) this.#abortJobs();
    }
    return this.#controller.signal;
  }

  async #toTheEnd(inputs: Inputs<I>, options: JobOptions): Promise<void> {
    const onAbort = (): void => this.#stopWith(this.#callerSignal?.reason);
    this.#callerSignal?.addEventListener("abort", onAbort, { once: true });
    this.#progress?.start(options.total ?? sizeOf(inputs), options.desc);
    this.#stopped = Promise.withResolvers<void>();
    try {
      const workers = Array.from({ length: this.#workers }, () => this.#work());
      const allDone = Promise.all(workers);
      await Promise.race([allDone, this.#stopped.promise]);
      if (this.#stop) await this.#unwind(allDone);
    } finally {
      this.#callerSignal?.removeEventListener("abort", onAbort);
      this.#progress?.stop();
    }
    if (this.#stop) throw this.#stop.reason;
  }

  async #work(): Promise<void> {
    while (this.#stop === undefined) {
      let index = -1;
      try {
        const pulled = this.#pull.next();
        // oxlint-disable-next-line no-await-in-loop -- a worker runs one job after another
        const next = pulled instanceof Promise ? await pulled : pulled;
        if (next === undefined || this.#stop !== undefined) return;
        index = next.index;
        this.#running.add(index);
        // oxlint-disable-next-line no-await-in-loop -- a worker runs one job after another
        const value = await this.#call(next.item, new Context(this, index));
        this.#running.delete(index);
        this.#outcomes.succeeded(index, value);
      } catch (error) {
        this.#running.delete(index);
        const stops = index === -1 || this.#outcomes.failed(index, error);
        if (stops) this.#stopWith(error);
      }
      this.#progress?.advance(1);
    }
  }

  #stopWith(reason: unknown): void {
    if (this.#stop !== undefined) return;
    this.#stop = { reason };
    this.#abortJobs();
    this.#stopped?.resolve();
  }

  #abortJobs(): void {
    if (this.#callerSignal?.aborted) this.#controller?.abort(this.#callerSignal.reason);
    else this.#controller?.abort(new DOMException("another job of the same call failed", "AbortError"));
  }

  /** Closes the inputs and awaits what still runs; what ignores the abort is left behind after `grace`. */
  async #unwind(allDone: Promise<unknown>): Promise<void> {
    const late = Promise.withResolvers<"late">();
    const timer = this.#grace === Infinity ? undefined : setTimeout(() => late.resolve("late"), this.#grace);
    try {
      const closed = Promise.all([allDone, this.#pull.close()]);
      const end = await Promise.race([closed, late.promise]);
      if (end === "late") this.#warnOfJobsLeftBehind();
    } finally {
      clearTimeout(timer);
    }
  }

  #warnOfJobsLeftBehind(): void {
    const indexes = [...this.#running].sort((a, b) => a - b);
    const shown = indexes.slice(0, 10).join(", ") + (indexes.length > 10 ? ", …" : "");
    process.emitWarning(
      `${indexes.length} job(s) ignored the abort for ${this.#grace} ms and were left behind: index ${shown}. ` +
        `Pass the job's context.signal on to what it waits for, or raise grace.`,
      { type: "JobsLeftBehind", code: "LLX_JOBS_LEFT_BEHIND" },
    );
  }

  #traced(call: Mapper<I, T>, manager: CallbackManager): Mapper<I, T> {
    const options = { signal: this.signal };
    return (item, context) =>
      manager.event("async_job", { index: context.index }, () => call(item, context), options);
  }
}

class Context implements JobContext {
  readonly #run: { readonly signal: AbortSignal };
  readonly index: number;
  readonly attempt = 1;

  constructor(run: { readonly signal: AbortSignal }, index: number) {
    this.#run = run;
    this.index = index;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }
}

function checkJobOptions(options: JobOptions): void {
  const { workers, grace, total, signal } = options;
  if (workers !== undefined) checkCount("workers", workers);
  if (grace !== undefined) checkMilliseconds("grace", grace);
  if (total !== undefined) checkCount("total", total, 0);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, not ${describe(signal)}`);
  }
}

function isIterable(value: unknown): boolean {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}

function sizeOf(inputs: object): number | undefined {
  if (Array.isArray(inputs)) return inputs.length;
  return inputs instanceof Set || inputs instanceof Map ? inputs.size : undefined;
}
