import { currentCallbackManager } from "@llx/callbacks";
import { Deadlines } from "./deadlines.ts";
import type { Mapper } from "./job.ts";
import { ended, holding, idle, InputPump, none } from "./input-pump.ts";
import { JobAdmission } from "./job-admission.ts";
import { Context } from "./job-context.ts";
import { JobEvents, traced } from "./job-events.ts";
import { JobFailures } from "./job-failures.ts";
import { type InputIterator, openInputs } from "./job-inputs.ts";
import { defaultWorkers, type JobOptions, type ChargeOptions, workersOf } from "./job-options.ts";
import type { JobProgress } from "./job-progress.ts";
import { free, type JobPermit } from "./job-permit.ts";
import { JobRetries } from "./job-retries.ts";
import type { JobSink } from "./job-sink.ts";
import type { JobSlot } from "./job-slot.ts";
import { JobSlots } from "./job-slots.ts";
import { defaultGrace } from "../support/grace.ts";
import { keepAlive } from "../support/keep-alive.ts";
import { type ScopedCall, scopes } from "../run/scope.ts";
import { observation, type ObservedParts, type ObservedRun, type RunWatch } from "../support/observer.ts";
import { Shutdown } from "./shutdown.ts";
import { warnOfAbandonedJobs } from "./abandoned-jobs.ts";

type RunOptions<I> = JobOptions & ChargeOptions<I> & { readonly settle?: boolean | undefined };

/** What the inputs have thrown. */
export interface InputsFailure {
  readonly error: unknown;
}

/**
 * One call of `runJobs` or a sibling: a sliding window of slots over the inputs. A slot that becomes free
 * pulls the next input, until the inputs end or the run is stopped by a failure or an abort. A stopped run
 * closes its inputs, aborts the running jobs, and awaits them. With `settle`, inputs that fail only end.
 */
export class JobRun<I, T> implements ObservedRun, ScopedCall {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(
    /* @__PURE__ */ new this(
      /* @__PURE__ */ openInputs([]),
      () => {},
      { succeeded() {}, failed: () => true, hasRoom: () => true },
      {},
      undefined,
    ),
  );

  readonly #options: RunOptions<I>;
  readonly #inputs: InputPump<I>;
  /** The index of the first job. */
  readonly #first: number;
  readonly #call: Mapper<I, T>;
  readonly #sink: JobSink<T, I>;
  readonly #grace: number;
  readonly #progress: JobProgress | undefined;
  readonly #admission: JobAdmission<I>;
  readonly #deadlines: Deadlines<I, T> | undefined;
  readonly #retries: JobRetries<I> | undefined;
  readonly #events: JobEvents | undefined;
  readonly #slots = new JobSlots<I, T>(this);
  readonly #shutdown: Shutdown;
  readonly #failures: JobFailures<I, T>;
  #watch: RunWatch | undefined;
  #started = 0;
  /** The failure of the inputs that has not stopped the run. */
  #inputsFailure: InputsFailure | undefined;
  readonly #size: number | undefined;

  /**
   * Options must have been checked.
   *
   * @param size how many inputs there are, where that is known
   */
  constructor(
    inputs: InputIterator<I>,
    call: Mapper<I, T>,
    sink: JobSink<T, I>,
    options: RunOptions<I>,
    progress: JobProgress | undefined,
    first = 0,
    size?: number,
  ) {
    const {
      workers = defaultWorkers,
      rate,
      tokens,
      inputs: inputsOf,
      retry,
      timeout = Number.POSITIVE_INFINITY,
    } = options;
    const fill = (): void => this.#fill();
    const fail = (error: unknown): void => this.fail(error);
    this.#options = options;
    this.#inputs = new InputPump(inputs, fill, (error) => this.#inputsFailed(error));
    this.#sink = sink;
    this.#first = first;
    this.#size = size;
    this.#grace = options.grace ?? defaultGrace;
    this.#shutdown = new Shutdown(this.#grace);
    this.#progress = progress;
    if (retry) this.#retries = new JobRetries(retry, fill);
    const total = retry?.totalTimeout ?? Number.POSITIVE_INFINITY;
    if (timeout !== Number.POSITIVE_INFINITY || total !== Number.POSITIVE_INFINITY) {
      this.#deadlines = new Deadlines(timeout, total, this.#grace, this.#slots, this);
    }
    const manager = options.callbackManager ?? currentCallbackManager();
    if (manager && retry) this.#events = new JobEvents(manager);
    this.#call = manager ? traced(call, manager, this.#events) : call;
    this.#admission = new JobAdmission<I>({
      workers,
      rate,
      tokens,
      inputs: inputsOf,
      progress,
      manager,
      fail,
      start: (item, context, permit) => this.#start(item, context, permit),
      refuse: (item, { index }, error) => this.#failures.failed(item, index, error),
      givenUp: (state) => this.#retries?.givenUp(state),
      onOpen: fill,
    });
    this.#failures = new JobFailures({
      sink,
      first,
      admission: this.#admission,
      retries: this.#retries,
      events: this.#events,
      progress,
      shutdown: this.#shutdown,
      fail,
    });
  }

  /**
   * Runs to the end: of the inputs, or of the unwinding after a failure or an abort.
   *
   * @returns with `settle`, the failure that has ended the inputs
   * @throws what stopped the run
   */
  async run(): Promise<InputsFailure | undefined> {
    const { signal } = this.#options;
    this.#watch = observation.observer?.run(this);
    const calls = scopes.getStore()?.calls;
    calls?.add(this);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
    this.#fill();
    await this.#shutdown.wait();
    signal?.removeEventListener("abort", this.#onAbort);
    this.#deadlines?.clear();
    this.#admission.leave();
    this.#progress?.stop();
    this.#watch?.ended();
    calls?.delete(this);
    this.#shutdown.throwIfStopped();
    return this.#inputsFailure;
  }

  get desc(): string | undefined {
    return this.#options.desc;
  }

  /** How many jobs have started or are about to. */
  get started(): number {
    return this.#inputs.state === holding ? this.#started + 1 : this.#started;
  }

  parts(): ObservedParts {
    return {
      options: this.#options,
      workers: workersOf(this.#options),
      total: this.#options.total ?? this.#size,
      started: this.#started,
      running: this.#slots.busy().map(({ context }) => context!),
      admission: this.#admission,
      retries: this.#retries,
    };
  }

  /** The sink has room again. */
  resume(): void {
    this.#fill();
  }

  /** Starts no more jobs, aborts those that run, and ends with this failure once they have settled. */
  fail(reason: unknown): void {
    this.#stop(reason, new DOMException("another job of the same call failed", "AbortError"), false);
  }

  /** The same at the caller's request: running jobs are aborted with its reason. */
  abort(reason: unknown): void {
    this.#stop(reason, reason, true);
  }

  /** Called by a slot whose job has a result. */
  fulfilled(slot: JobSlot<I, T>, value: T): void {
    const { item } = slot;
    if (slot.permit !== free) this.#giveBack(slot, undefined);
    const context = this.#release(slot);
    context?.lease?.settle();
    if (context !== undefined) this.#succeeded(item as I, context.index, value);
    this.#fill();
  }

  /** Called by a slot whose job has failed. */
  rejected(slot: JobSlot<I, T>, error: unknown): void {
    const { item } = slot;
    this.#giveBack(slot, { error });
    const context = this.#release(slot);
    if (context !== undefined) this.#failures.attemptFailed(item as I, context, error);
    this.#fill();
  }

  /** Called when a job has run too long. */
  timedOut(slot: JobSlot<I, T>, error: DOMException): void {
    slot.again = this.#failures.attemptFailed(slot.item as I, slot.context!, error);
    if (slot.again !== undefined) this.#retries?.hold(slot.again);
  }

  /** Called when a job that has run too long has also ignored its abort for `grace`. */
  ignoredAbort(slot: JobSlot<I, T>): void {
    this.#abandon([slot]);
    this.#fill();
  }

  #succeeded(item: I, index: number, value: T): void {
    try {
      this.#events?.succeeded(index);
    } catch (error) {
      // A handler with `raiseErrors` has failed.
      return this.#failures.failed(item, index, error);
    }
    this.#sink.succeeded(index - this.#first, value);
    this.#progress?.advance(0);
  }

  readonly #onAbort = (): void => this.abort(this.#options.signal?.reason);

  #inputsFailed(error: unknown): void {
    if (this.#shutdown.isRunning) {
      if (this.#options.settle) this.#inputsFailure = { error };
      else this.fail(error);
    } else this.#shutdown.failedLate(undefined, error);
  }

  #stop(reason: unknown, abortReason: unknown, aborted: boolean): void {
    if (!this.#shutdown.begin({ reason, aborted }, () => this.#abandonAll())) return;
    // From here on all jobs have the same time left: the grace period.
    this.#deadlines?.clear();
    this.#progress?.stopping(this.#grace);
    for (const { context } of this.#slots.busy()) context?.abort(abortReason);
    this.#admission.cancel(abortReason);
    for (const { item, index, earlier } of this.#retries?.stop() ?? []) {
      this.#failures.failed(item, index, earlier.error);
    }
    void this.#shutdown.close(this.#inputs).then(() => this.#endIfDone());
  }

  /** Starts jobs while there are free slots, inputs, and room for the results. */
  #fill(): void {
    while (this.#mayStart()) {
      const again = this.#retries?.take();
      if (again !== undefined) {
        this.#admit(again.item, new Context(again.index, again.startedAt, again.earlier));
        continue;
      }
      if (this.#inputs.state === idle && (this.#hasManyRetries() || !this.#sink.hasRoom())) break;
      const item = this.#inputs.take();
      if (item === none) break;
      this.#admit(item, new Context(this.#first + this.#started++, this.#retries?.clock(), undefined));
    }
    this.#endIfDone();
  }

  #admit(item: I, context: Context): void {
    const refused = this.#retries?.givenUp(this.#admission.refusal);
    if (refused !== undefined) return this.#failures.failed(item, context.index, refused);
    const permit = this.#admission.enter(item, context);
    if (permit !== undefined) this.#start(item, context, permit);
  }

  #mayStart(): boolean {
    return this.#admission.isOpen(this.#slots.running) && this.#shutdown.isRunning && !this.#retries?.paused;
  }

  /** While a service is down, the jobs that wait for another attempt must not grow without limit. */
  #hasManyRetries(): boolean {
    if (this.#retries === undefined) return false;
    return this.#slots.running + this.#retries.size >= 2 * workersOf(this.#options);
  }

  #start(item: I, context: Context, permit: JobPermit): void {
    const slot = this.#slots.take(item, context, permit);
    this.#watch?.jobStarted(context);
    this.#deadlines?.set(slot);
    // Called as a plain function, so that its `this` is not the run.
    const call = this.#call;
    let result: T | PromiseLike<T>;
    try {
      result = permit.run ? permit.run(() => call(item, context)) : call(item, context);
    } catch (error) {
      result = Promise.reject(error);
    }
    // Even a synchronous result counts a turn later; otherwise endless jobs would starve all other code.
    const promise = result instanceof Promise ? result : Promise.resolve(result);
    promise.then(slot.onFulfilled, slot.onRejected);
  }

  #release(slot: JobSlot<I, T>): Context | undefined {
    if (this.#watch !== undefined && slot.context !== undefined) this.#watch.jobSettled(slot.context);
    const context = this.#slots.release(slot);
    this.#resume(slot);
    return context;
  }

  /** An attempt that was timed out has ended: the next one may start. */
  #resume(slot: JobSlot<I, T>): void {
    const { again } = slot;
    if (again === undefined) return;
    slot.again = undefined;
    this.#retries?.resume(again);
  }

  #giveBack(slot: JobSlot<I, T>, failure: { readonly error: unknown } | undefined): void {
    try {
      slot.giveBack(failure);
    } catch (error) {
      this.fail(error);
    }
  }

  #endIfDone(): void {
    if (this.#slots.running > 0) return;
    this.#shutdown.drained(
      this.#inputs.state === ended && this.#admission.asking === undefined && !this.#retries?.size,
    );
  }

  #abandonAll(): void {
    const slots = this.#slots.busy();
    for (const { context } of slots) this.#events?.failed(context!.index, this.#shutdown.reason);
    this.#abandon(slots);
    this.#shutdown.abandon();
  }

  #abandon(slots: readonly JobSlot<I, T>[]): void {
    const indexes = slots.flatMap(({ context }) => context?.index ?? []);
    if (indexes.length > 0) warnOfAbandonedJobs(indexes, this.#grace);
    // Releases what other calls share with this one.
    for (const slot of slots) {
      this.#giveBack(slot, { error: this.#shutdown.reason });
      slot.context?.lease?.cut();
    }
    this.#slots.abandon(slots);
    for (const slot of slots) this.#resume(slot);
  }
}
