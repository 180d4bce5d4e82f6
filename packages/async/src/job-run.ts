import { type CallbackManager, currentCallbackManager } from "@llx/callbacks";
import { Deadlines } from "./deadlines.ts";
import { isThenable } from "./is-thenable.ts";
import type { Inputs, JobContext } from "./job.ts";
import { Context } from "./job-context.ts";
import { JobInputs } from "./job-inputs.ts";
import { defaultGrace, defaultWorkers, type JobOptions } from "./job-options.ts";
import type { JobProgress } from "./job-progress.ts";
import { JobSlot } from "./job-slot.ts";
import type { Permit, Semaphore } from "./semaphore.ts";
import { isAbort } from "./is-abort.ts";
import { attachSiblingErrors, type SiblingError } from "./sibling-errors.ts";

/** Where the outcomes of jobs go. */
export interface JobSink<T> {
  succeeded(index: number, value: T): void;
  /** Returns whether the failure stops the run. */
  failed(index: number, error: unknown): boolean;
  /** Whether one more job may start. Where it may not, `resume` of the run is called when it may again. */
  hasRoom(): boolean;
}

type Mapper<I, T> = (item: I, context: JobContext) => T | PromiseLike<T>;

/**
 * One call of `runJobs` or a sibling: a sliding window of slots over the inputs. A slot that becomes free
 * pulls the next input, until the inputs end or the run is stopped by a failure or an abort. A stopped run
 * closes its inputs, aborts what runs, and awaits it.
 */
export class JobRun<I, T> {
  readonly #inputs: JobInputs<I>;
  readonly #call: Mapper<I, T>;
  readonly #sink: JobSink<T>;
  readonly #limit: number;
  readonly #semaphore: Semaphore | undefined;
  readonly #timeout: number | undefined;
  readonly #grace: number;
  readonly #signal: AbortSignal | undefined;
  readonly #progress: JobProgress | undefined;
  readonly #deadlines: Deadlines<JobSlot<T>> | undefined;
  readonly #slots = new Set<JobSlot<T>>();
  readonly #free: JobSlot<T>[] = [];
  readonly #ending: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  readonly #siblingErrors: SiblingError[] = [];
  #running = 0;
  #started = 0;
  /** An input is on its way: the source is asked for one at a time. */
  #pulling = false;
  /** An input that was pulled waits for a permit. */
  #permitWait: AbortController | undefined;
  #stop: { readonly reason: unknown; readonly aborted: boolean } | undefined;
  #closed = false;
  #ended = false;
  #graceTimer: NodeJS.Timeout | undefined;

  /** Options must have been checked. */
  constructor(
    inputs: Inputs<I>,
    call: Mapper<I, T>,
    sink: JobSink<T>,
    options: JobOptions,
    progress: JobProgress | undefined,
  ) {
    const { workers = defaultWorkers, timeout = Number.POSITIVE_INFINITY } = options;
    this.#inputs = new JobInputs(inputs);
    this.#sink = sink;
    this.#limit = typeof workers === "number" ? workers : Number.POSITIVE_INFINITY;
    this.#semaphore = typeof workers === "number" ? undefined : workers;
    this.#grace = options.grace ?? defaultGrace;
    this.#signal = options.signal;
    this.#progress = progress;
    if (timeout !== Number.POSITIVE_INFINITY) {
      this.#timeout = timeout;
      this.#deadlines = new Deadlines(
        () => this.#slots,
        (slot) => this.#expire(slot),
      );
    }
    const manager = options.callbackManager ?? currentCallbackManager();
    this.#call = manager ? traced(call, manager) : call;
  }

  /**
   * Runs to the end: of the inputs, or of the unwinding after a failure or an abort.
   *
   * @throws what stopped the run
   */
  async run(): Promise<void> {
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (this.#signal?.aborted) this.#onAbort();
    this.#fill();
    try {
      await this.#ending.promise;
    } finally {
      this.#signal?.removeEventListener("abort", this.#onAbort);
      this.#deadlines?.clear();
      clearTimeout(this.#graceTimer);
      this.#progress?.stop();
    }
    if (this.#stop === undefined) return;
    attachSiblingErrors(this.#stop.reason, this.#siblingErrors);
    throw this.#stop.reason;
  }

  /** How many jobs have been started. */
  get started(): number {
    return this.#started;
  }

  /** Goes on where the sink had no room. */
  resume(): void {
    this.#fill();
  }

  /** Starts nothing more, aborts what runs, and ends with this failure when that has settled. */
  fail(reason: unknown): void {
    this.#stopWith(reason, new DOMException("another job of the same call failed", "AbortError"), false);
  }

  /** The same for somebody who asked for it: what runs is told the reason. */
  abort(reason: unknown): void {
    this.#stopWith(reason, reason, true);
  }

  #stopWith(reason: unknown, told: unknown, aborted: boolean): void {
    if (this.#stop !== undefined || this.#ended) return;
    this.#stop = { reason, aborted };
    for (const { context } of this.#slots) context?.abort(told);
    this.#permitWait?.abort(told);
    void this.#closeInputs();
    if (this.#grace !== Number.POSITIVE_INFINITY) {
      this.#graceTimer = setTimeout(() => this.#leaveAllBehind(), this.#grace);
    }
  }

  /** A job has a result. Called by its slot. */
  fulfilled(slot: JobSlot<T>, value: T): void {
    const context = this.#release(slot);
    if (context !== undefined) {
      this.#sink.succeeded(context.index, value);
      this.#progress?.advance();
    }
    this.#fill();
  }

  /** A job has failed. Called by its slot. */
  rejected(slot: JobSlot<T>, error: unknown): void {
    const context = this.#release(slot);
    if (context !== undefined) this.#failed(context, error);
    this.#fill();
  }

  readonly #onAbort = (): void => this.abort(this.#signal?.reason);

  /** Starts jobs while there are free slots, inputs, and room for what comes out. */
  #fill(): void {
    while (
      this.#running < this.#limit &&
      this.#stop === undefined &&
      !this.#inputs.done &&
      !this.#pulling &&
      this.#sink.hasRoom()
    ) {
      this.#pulling = true;
      let pulled: IteratorResult<I, unknown> | PromiseLike<IteratorResult<I, unknown>>;
      try {
        pulled = this.#inputs.next();
      } catch (error) {
        this.#pullFailed(error);
        break;
      }
      if (isThenable(pulled)) pulled.then(this.#onPulled, this.#onPullFailed);
      else this.#take(pulled);
    }
    this.#endIfDone();
  }

  readonly #onPulled = (pulled: IteratorResult<I, unknown>): void => {
    this.#take(pulled);
    this.#fill();
  };

  readonly #onPullFailed = (error: unknown): void => {
    this.#pullFailed(error);
    this.#fill();
  };

  #pullFailed(error: unknown): void {
    this.#pulling = false;
    this.#inputs.end();
    if (this.#stop === undefined) this.fail(error);
    else this.#failedLate(undefined, error);
  }

  /** Starts a job for an input that has come, or lets it wait for a permit. */
  #take(pulled: IteratorResult<I, unknown>): void {
    if (pulled.done) this.#inputs.end();
    else if (this.#stop === undefined) {
      if (this.#semaphore === undefined) this.#start(pulled.value, undefined);
      else {
        const permit = this.#semaphore.tryAcquire();
        if (permit === undefined) {
          void this.#startWithPermit(pulled.value, this.#semaphore);
          return;
        }
        this.#start(pulled.value, permit);
      }
    }
    this.#pulling = false;
  }

  async #startWithPermit(item: I, semaphore: Semaphore): Promise<void> {
    this.#permitWait = new AbortController();
    try {
      const permit = await semaphore.acquire({ signal: this.#permitWait.signal });
      if (this.#stop === undefined) this.#start(item, permit);
      else permit.release();
    } catch (error) {
      // The semaphore was closed, or the run was stopped.
      this.fail(error);
    }
    this.#permitWait = undefined;
    this.#pulling = false;
    this.#fill();
  }

  #start(item: I, permit: Permit | undefined): void {
    const slot = this.#free.pop() ?? this.#newSlot();
    const context = new Context(this.#started++);
    this.#running++;
    slot.context = context;
    if (permit !== undefined) slot.permit = permit;
    if (this.#timeout !== undefined) this.#deadlines?.set(slot, this.#timeout);
    let result: T | PromiseLike<T>;
    try {
      result = this.#call(item, context);
    } catch (error) {
      result = Promise.reject(error);
    }
    // Also what is there at once counts a turn later: else jobs without end would let nobody else come by.
    const promise = result instanceof Promise ? result : Promise.resolve(result);
    promise.then(slot.onFulfilled, slot.onRejected);
  }

  #newSlot(): JobSlot<T> {
    const slot = new JobSlot<T>(this);
    this.#slots.add(slot);
    return slot;
  }

  #failed(context: Context, error: unknown): void {
    if (this.#stop === undefined) {
      if (this.#sink.failed(context.index, error)) this.fail(error);
    } else {
      this.#failedLate(context.index, error);
    }
    this.#progress?.advance();
  }

  /** A failure after the first. One that only says that it was told to stop is none; after an abort, none is. */
  #failedLate(index: number | undefined, error: unknown): void {
    if (this.#stop === undefined || this.#stop.aborted || isAbort(error)) return;
    this.#siblingErrors.push({ index, error });
  }

  /** Frees the slot of a job that has settled. `undefined`: what became of the job is known already. */
  #release(slot: JobSlot<T>): Context | undefined {
    const { context, expired } = slot;
    if (slot.permit !== undefined) {
      slot.permit.release();
      slot.permit = undefined;
    }
    slot.context = undefined;
    if (slot.leftBehind) return undefined;
    slot.expired = false;
    slot.due = Number.POSITIVE_INFINITY;
    this.#free.push(slot);
    this.#running--;
    return expired ? undefined : context;
  }

  /** A job has run too long; or it has ignored for `grace` that it was told so. */
  #expire(slot: JobSlot<T>): void {
    const { context } = slot;
    if (context === undefined || this.#stop !== undefined) return;
    if (slot.expired) {
      this.#leaveBehind([slot]);
      this.#fill();
      return;
    }
    slot.expired = true;
    slot.due += this.#grace;
    const error = new DOMException(
      `job ${context.index} took longer than ${this.#timeout} ms`,
      "TimeoutError",
    );
    context.abort(error);
    this.#failed(context, error);
  }

  async #closeInputs(): Promise<void> {
    try {
      // Not at once: a generator may be running, and have called what led here.
      await Promise.resolve();
      await this.#inputs.close();
    } catch (error) {
      this.#failedLate(undefined, error);
    }
    this.#closed = true;
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#running > 0 || this.#ended) return;
    if (this.#stop === undefined ? this.#inputs.done && !this.#pulling : this.#closed) this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#ending.resolve();
  }

  #leaveAllBehind(): void {
    this.#leaveBehind([...this.#slots].filter(({ context }) => context !== undefined));
    if (!this.#closed) warnOfInputs(this.#grace);
    this.#end();
  }

  #leaveBehind(slots: readonly JobSlot<T>[]): void {
    if (slots.length === 0) return;
    const indexes = slots.map(({ context }) => context?.index ?? -1);
    for (const slot of slots) {
      slot.leftBehind = true;
      this.#slots.delete(slot);
      this.#running--;
    }
    warnOfJobs(indexes, this.#grace);
  }
}

function traced<I, T>(call: Mapper<I, T>, manager: CallbackManager): Mapper<I, T> {
  // The context is also the options of the event: its signal tells an abort from an error.
  return (item, context) =>
    manager.event("async_job", { index: context.index }, () => call(item, context), context);
}

function warnOfJobs(indexes: number[], grace: number): void {
  indexes.sort((a, b) => a - b);
  const shown = indexes.slice(0, 10).join(", ") + (indexes.length > 10 ? ", …" : "");
  process.emitWarning(
    `${indexes.length} job(s) ignored the abort for ${grace} ms and were left behind: index ${shown}. ` +
      `Pass the job's context.signal on to what it waits for, or raise grace.`,
    { type: "JobsLeftBehind", code: "LLX_JOBS_LEFT_BEHIND" },
  );
}

function warnOfInputs(grace: number): void {
  process.emitWarning(`the inputs of jobs did not close for ${grace} ms and were left behind.`, {
    type: "InputsLeftBehind",
    code: "LLX_INPUTS_LEFT_BEHIND",
  });
}
