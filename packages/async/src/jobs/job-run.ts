import { type CallbackManager, currentCallbackManager, currentTrace } from "@llx/callbacks";
import { describe, isAbortError, isThenable, statusOf, timerDelay } from "@llx/support";
import { Deadlines } from "./deadlines.ts";
import { type InspectedCall, type InspectedJob, inspection } from "../inspect/inspection.ts";
import type { AdaptiveLimiter } from "../limits/adaptive-limiter.ts";
import { isRefusal } from "../refusals/is-refusal.ts";
import type { Mapper } from "./job.ts";
import { JobAdmission, type JobPermit } from "./job-admission.ts";
import { Context } from "./job-context.ts";
import { JobEvents, traced } from "./job-events.ts";
import { JobInputs } from "./job-inputs.ts";
import {
  defaultGrace,
  defaultWorkers,
  type JobOptions,
  type TokensOption,
  workersOf,
} from "./job-options.ts";
import type { JobProgress } from "./job-progress.ts";
import { JobPause } from "./job-pause.ts";
import { JobRetries } from "./job-retries.ts";
import type { JobSlot } from "./job-slot.ts";
import { JobSlots } from "./job-slots.ts";
import { warnOfInputsLeftBehind, warnOfJobsLeftBehind } from "./abandoned-jobs.ts";
import { quietly } from "../inspect/pending-resources.ts";
import type { Semaphore } from "../limits/semaphore.ts";
import { attachSiblingErrors, type SiblingError } from "./sibling-errors.ts";
import { keepAlive } from "../support/keep-alive.ts";

/** Where the outcomes of jobs go. */
export interface JobSink<T> {
  succeeded(index: number, value: T): void;
  /** Returns whether the failure stops the run. */
  failed(index: number, error: unknown): boolean;
  /** Whether one more job may start. Where it may not, `resume` of the run is called when it may again. */
  hasRoom(): boolean;
}

/**
 * One call of `runJobs` or a sibling: a sliding window of slots over the inputs. A slot that becomes free
 * pulls the next input, until the inputs end or the run is stopped by a failure or an abort. A stopped run
 * closes its inputs, aborts what runs, and awaits it.
 */
export class JobRun<I, T> {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(
    /* @__PURE__ */ new this(
      /* @__PURE__ */ new JobInputs([]),
      () => {},
      { succeeded() {}, failed: () => true, hasRoom: () => true },
      {},
      undefined,
    ),
  );

  readonly #options: JobOptions & TokensOption<I>;
  readonly #inputs: JobInputs<I>;
  /** The index of the first job. */
  readonly #first: number;
  readonly #call: Mapper<I, T>;
  readonly #sink: JobSink<T>;
  /** How many jobs run at once, where no other call has a say in it. */
  readonly #limit: number;
  /** Those that other calls have too. */
  readonly #workers: Semaphore | AdaptiveLimiter | undefined;
  readonly #grace: number;
  readonly #progress: JobProgress | undefined;
  readonly #manager: CallbackManager | undefined;
  #pause: JobPause | undefined;
  #admission: JobAdmission | undefined;
  #lastRefusal: { readonly error: unknown } | undefined;
  readonly #deadlines: Deadlines<JobSlot<I, T>> | undefined;
  readonly #retries: JobRetries<I> | undefined;
  readonly #events: JobEvents | undefined;
  readonly #slots = new JobSlots<I, T>(this);
  readonly #siblingErrors: SiblingError[] = [];
  /** Where the call stands, for who inspects it. */
  readonly #trace: string | undefined = inspection.on ? currentTrace()?.name : undefined;
  readonly #ending: PromiseWithResolvers<void> = quietly(() => Promise.withResolvers<void>());
  #started = 0;
  /** The source is asked for an input: for one at a time. */
  #pulling = false;
  /** An input that has come when there was no slot for it. */
  #held: { readonly item: I } | undefined;
  /** A job waits to be let in: one at a time. */
  #entering = false;
  #stop: { readonly reason: unknown; readonly aborted: boolean } | undefined;
  #closed = false;
  #ended = false;
  #graceTimer: NodeJS.Timeout | undefined;

  /** Options must have been checked. */
  constructor(
    inputs: JobInputs<I>,
    call: Mapper<I, T>,
    sink: JobSink<T>,
    options: JobOptions & TokensOption<I>,
    progress: JobProgress | undefined,
    first = 0,
  ) {
    const { workers = defaultWorkers, rate, retry, timeout = Number.POSITIVE_INFINITY } = options;
    this.#options = options;
    this.#inputs = inputs;
    this.#sink = sink;
    this.#first = first;
    this.#grace = options.grace ?? defaultGrace;
    this.#progress = progress;
    const shared = typeof workers === "number" ? undefined : workers;
    this.#limit = typeof workers === "number" ? workers : Number.POSITIVE_INFINITY;
    this.#workers = shared;
    if (retry) this.#retries = new JobRetries(retry, () => this.#fill());
    if (timeout !== Number.POSITIVE_INFINITY) {
      this.#deadlines = new Deadlines(
        timeout,
        () => this.#slots.all(),
        (slot) => this.#expire(slot),
      );
    }
    const manager = options.callbackManager ?? currentCallbackManager();
    this.#manager = manager;
    if (manager && retry) this.#events = new JobEvents(manager);
    this.#call = manager ? traced(call, manager, this.#events) : call;
    if (shared || rate) this.#admission = this.#openAdmission();
  }

  /**
   * Runs to the end: of the inputs, or of the unwinding after a failure or an abort.
   *
   * @throws what stopped the run
   */
  async run(): Promise<void> {
    const { signal } = this.#options;
    inspection.calls.add(this);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
    this.#fill();
    try {
      await this.#ending.promise;
    } finally {
      signal?.removeEventListener("abort", this.#onAbort);
      this.#deadlines?.clear();
      clearTimeout(this.#graceTimer);
      this.#admission?.leave();
      this.#pause?.end();
      this.#progress?.stop();
      inspection.calls.delete(this);
    }
    if (this.#stop === undefined) return;
    attachSiblingErrors(this.#stop.reason, this.#siblingErrors);
    throw this.#stop.reason;
  }

  /** How many jobs have been started, or are about to be. */
  get started(): number {
    return this.#held === undefined ? this.#started : this.#started + 1;
  }

  /** What `inspectJobs` tells of the call. */
  inspect(now: number): InspectedCall {
    const { desc = "jobs", workers } = this.#options;
    const running = this.#slots
      .busy()
      .map(({ context, since }) =>
        inspectedJob(context!, "running", since === undefined ? undefined : now - since),
      );
    const waiting = (this.#retries?.jobs() ?? []).map((job) =>
      inspectedJob(
        { index: job.index, attempt: job.earlier.attempts + 1 },
        "waits for another attempt",
        undefined,
      ),
    );
    const { asking: atTheDoor } = this.#admission ?? {};
    const asking = atTheDoor ? [inspectedJob(atTheDoor, "waits for a permit", undefined)] : [];
    return {
      desc,
      trace: this.#trace,
      workers: workersOf(this.#options),
      semaphore: typeof workers === "object" ? workers.label : undefined,
      started: this.#started,
      done: this.#started - this.#slots.running - waiting.length - asking.length,
      running: this.#slots.running,
      pausedFor: Math.max(this.#admission?.pausedFor ?? 0, this.#retries?.pausedFor ?? 0),
      jobs: inspection.on ? [...running, ...waiting, ...asking] : [],
    };
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

  /** A job has a result. Called by its slot. */
  fulfilled(slot: JobSlot<I, T>, value: T): void {
    this.#giveBack(slot, undefined);
    const context = this.#slots.release(slot);
    context?.lease?.settle();
    if (context !== undefined) this.#succeeded(context, value);
    this.#fill();
  }

  /** A job has failed. Called by its slot. */
  rejected(slot: JobSlot<I, T>, error: unknown): void {
    const { item } = slot;
    this.#giveBack(slot, { error });
    const context = this.#slots.release(slot);
    if (context !== undefined) this.#failed(item as I, context, error);
    this.#fill();
  }

  readonly #onAbort = (): void => this.abort(this.#options.signal?.reason);

  #stopWith(reason: unknown, told: unknown, aborted: boolean): void {
    if (this.#stop !== undefined || this.#ended) return;
    this.#stop = { reason, aborted };
    // From here on all have the same time left: the grace.
    this.#deadlines?.clear();
    for (const { context } of this.#slots.busy()) context?.abort(told);
    this.#admission?.cancel(told);
    for (const { index, error } of this.#retries?.stop() ?? []) {
      this.#events?.failed(index, error);
      this.#failedLate(index, error);
    }
    void this.#closeInputs();
    if (this.#grace !== Number.POSITIVE_INFINITY) {
      this.#graceTimer = setTimeout(() => this.#leaveAllBehind(), timerDelay(this.#grace));
    }
  }

  /** Starts jobs while there are free slots, inputs, and room for what comes out. */
  #fill(): void {
    while (this.#mayStart()) {
      const again = this.#retries?.take();
      const held = this.#held;
      if (again !== undefined) {
        this.#admit(again.item, new Context(again.index, again.startedAt, again.earlier));
      } else if (held !== undefined) {
        this.#held = undefined;
        this.#admitNew(held.item);
      } else {
        const isEnough = this.#pulling || this.#inputs.done || this.#retriesAreMany();
        if (isEnough || !this.#sink.hasRoom()) break;
        this.#pull();
      }
    }
    this.#endIfDone();
  }

  #mayStart(): boolean {
    return (
      this.#slots.running < this.#limit &&
      this.#stop === undefined &&
      !this.#entering &&
      !this.#retries?.paused
    );
  }

  /** With a service that is down, jobs must not pile up that wait for another attempt. */
  #retriesAreMany(): boolean {
    if (this.#retries === undefined) return false;
    return this.#slots.running + this.#retries.size >= 2 * workersOf(this.#options);
  }

  #pull(): void {
    this.#pulling = true;
    let pulled: IteratorResult<I, unknown> | PromiseLike<IteratorResult<I, unknown>>;
    try {
      pulled = this.#inputs.next();
    } catch (error) {
      this.#pullFailed(error);
      return;
    }
    if (isThenable(pulled)) pulled.then(this.#onPulled, this.#onPullFailed);
    else this.#take(pulled, true);
  }

  readonly #onPulled = (pulled: IteratorResult<I, unknown>): void => {
    // Others may have taken the slots meanwhile, for another attempt.
    this.#take(pulled, this.#mayStart());
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

  #take(pulled: IteratorResult<I, unknown>, mayStart: boolean): void {
    if (typeof pulled !== "object" || pulled === null) {
      return this.#pullFailed(
        new TypeError(`the inputs gave ${describe(pulled)} in place of { value, done }`),
      );
    }
    this.#pulling = false;
    if (pulled.done) this.#inputs.end();
    else if (mayStart) this.#admitNew(pulled.value);
    else if (this.#stop === undefined) this.#held = { item: pulled.value };
  }

  #admitNew(item: I): void {
    this.#admit(item, new Context(this.#first + this.#started++, this.#retries?.clock(), undefined));
  }

  /** Starts a job, at once or when what several calls share lets it in. */
  #admit(item: I, context: Context): void {
    if (this.#admission === undefined) return this.#start(item, context, undefined);
    const refused = this.#lastRefusal && this.#retries?.givenUp(this.#lastRefusal, this.#admission.refusal);
    if (refused) return this.#failedForGood(context.index, refused);
    let permit: JobPermit | undefined;
    try {
      permit = this.#admission.tryEnter(context, item);
    } catch (error) {
      // The user's own count of tokens has failed, or it is more than there ever is.
      return this.#notAdmitted(context, error);
    }
    if (permit === undefined) void this.#startWhenAdmitted(item, context, this.#admission);
    else this.#start(item, context, permit);
  }

  async #startWhenAdmitted(item: I, context: Context, admission: JobAdmission): Promise<void> {
    this.#entering = true;
    try {
      const permit = await admission.enter(context, item);
      if (this.#stop !== undefined) {
        permit.release();
        context.lease?.cancel();
        throw this.#stop.reason;
      }
      this.#start(item, context, permit);
    } catch (error) {
      // What is shared was closed, or the run was stopped.
      this.#notAdmitted(context, error);
    }
    this.#entering = false;
    this.#fill();
  }

  #notAdmitted({ index }: Context, error: unknown): void {
    this.#events?.failed(index, error);
    this.fail(error);
  }

  #openAdmission(): JobAdmission {
    const { rate, tokens } = this.#options;
    this.#pause = new JobPause(this.#progress, this.#manager, (error) => this.fail(error));
    return new JobAdmission({ workers: this.#workers, rate, tokens, onPause: this.#pause.changed });
  }

  #start(item: I, context: Context, permit: JobPermit | undefined): void {
    const slot = this.#slots.take(item, context);
    slot.permit = permit;
    this.#deadlines?.set(slot);
    // Not as a method of the run, which is no business of the user's function.
    const call = this.#call;
    let result: T | PromiseLike<T>;
    try {
      result = permit?.run ? permit.run(() => call(item, context)) : call(item, context);
    } catch (error) {
      result = Promise.reject(error);
    }
    // Also what is there at once counts a turn later: else jobs without end would let nobody else come by.
    const promise = result instanceof Promise ? result : Promise.resolve(result);
    promise.then(slot.onFulfilled, slot.onRejected);
  }

  /** Gives back what the job was let in with, and tells how it went where that matters. */
  #giveBack(
    { permit, expired, context }: JobSlot<I, T>,
    failure: { readonly error: unknown } | undefined,
  ): void {
    if (permit === undefined) return;
    try {
      // A try of a service that refuses is alone: how it ends says nothing of how many there may be.
      if (failure && context?.lease?.isTry) permit.release();
      else if (expired) permit.fail?.(expired);
      else if (failure) permit.fail?.(failure.error);
      else permit.succeed?.();
      permit.release();
    } catch (error) {
      // The user's own `isOverload` has failed.
      this.fail(error);
    }
  }

  #succeeded(context: Context, value: T): void {
    try {
      this.#events?.succeeded(context.index);
    } catch (error) {
      // A handler that may stop the work has done so.
      return this.#failedForGood(context.index, error);
    }
    this.#sink.succeeded(context.index - this.#first, value);
    this.#progress?.advance();
  }

  #failed(item: I, context: Context, error: unknown): void {
    const refused = this.#tellOfFailure(context, error);
    if (this.#retries === undefined || this.#stop !== undefined)
      return this.#failedForGood(context.index, error);
    const verdict = this.#retries.consider(
      item,
      context,
      error,
      refused ? this.#admission?.refusal : undefined,
    );
    if ("error" in verdict) this.#failedForGood(context.index, verdict.error);
    else if (verdict.pause > 0) this.#admission?.pause(verdict.pause);
  }

  /** Tells those who let jobs in what a failure says of the service. Returns whether it has refused. */
  #tellOfFailure(context: Context, error: unknown): boolean {
    const refusal = this.#retries?.refusal(error);
    if (refusal !== undefined) {
      this.#lastRefusal = { error };
      this.#admission ??= this.#openAdmission();
      this.#admission.refused(context, refusal);
    } else if (context.lease !== undefined) {
      if (statusOf(error) === undefined || isRefusal(error)) context.lease.lost();
      else context.lease.settle();
    }
    return refusal !== undefined;
  }

  #failedForGood(index: number, error: unknown): void {
    this.#events?.failed(index, error);
    // What failed because it was told to stop is not done.
    if (this.#stop !== undefined) return this.#failedLate(index, error);
    if (this.#sink.failed(index - this.#first, error)) this.fail(error);
    this.#progress?.advance();
  }

  /** A failure after the first. One that only says that it was told to stop is none; after an abort, none is. */
  #failedLate(index: number | undefined, error: unknown): void {
    if (this.#stop === undefined || this.#stop.aborted || isAbortError(error)) return;
    // Several may wait for one promise: what carries the others must not carry itself.
    if (error === this.#stop.reason) return;
    this.#siblingErrors.push({ index, error });
  }

  /** A job has run too long; or it has ignored for `grace` that it was told so. */
  #expire(slot: JobSlot<I, T>): void {
    const { context, item } = slot;
    if (context === undefined || this.#stop !== undefined) return;
    if (slot.expired) {
      this.#leaveBehind([slot]);
      this.#fill();
      return;
    }
    const message = `job ${context.index} took longer than ${this.#options.timeout} ms`;
    slot.expired = new DOMException(message, "TimeoutError");
    slot.due += this.#grace;
    context.abort(slot.expired);
    this.#failed(item as I, context, slot.expired);
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
    if (this.#slots.running > 0 || this.#ended) return;
    const done =
      this.#inputs.done && !this.#pulling && !this.#entering && !this.#held && !this.#retries?.size;
    if (this.#stop === undefined ? done : this.#closed) this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#ending.resolve();
  }

  #leaveAllBehind(): void {
    const slots = this.#slots.busy();
    for (const { context } of slots) this.#events?.failed(context!.index, this.#stop?.reason);
    this.#leaveBehind(slots);
    if (!this.#closed) warnOfInputsLeftBehind(this.#grace);
    this.#end();
  }

  #leaveBehind(slots: readonly JobSlot<I, T>[]): void {
    const indexes = slots.flatMap(({ context }) => context?.index ?? []);
    if (indexes.length > 0) warnOfJobsLeftBehind(indexes, this.#grace);
    // What is shared is not kept from others for ever.
    for (const slot of slots) {
      this.#giveBack(slot, { error: this.#stop?.reason });
      slot.context?.lease?.lost();
    }
    this.#slots.leaveBehind(slots);
  }
}

function inspectedJob(
  { index, attempt }: Pick<Context, "index" | "attempt">,
  state: InspectedJob["state"],
  age: number | undefined,
): InspectedJob {
  return { index, attempt, state, age };
}
