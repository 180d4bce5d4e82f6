import { AsyncLocalStorage } from "node:async_hooks";
import { type Job, type JobContext, type Semaphore, streamJobs } from "@llx/async";
import { CallbackManager, continueTrace, currentCallbackManager } from "@llx/callbacks";
import { ClaimedJobs, pauseAfterFailure } from "./claimed-jobs.ts";
import type { Claim, Claims } from "./claims.ts";
import { type AnyJob, defaultMaxPayload, type JobDefinition } from "./define-job.ts";
import type { HeldJob } from "./held-job.ts";
import { isFinal, jobError } from "./job-error.ts";
import { toJson } from "./json.ts";
import { maxOutcomes, OutcomeStore } from "./outcome-store.ts";
import type { Wake } from "./wake.ts";

export interface LoopOptions {
  readonly workers: number | Semaphore;
  readonly grace: number;
  readonly pollInterval: number;
  readonly callbackManager: CallbackManager | undefined;
  /** Wakes when jobs have arrived. */
  readonly arrivals: Wake;
  /** Wakes when jobs have finished. */
  readonly finishes: Wake;
  warn(error: unknown): void;
}

/** Emits nothing: the loop emits the events itself, in the trace that is stored with the job. */
const silent = new CallbackManager({ sample: 0 });

/** Runs the claimed jobs of one kind through `streamJobs`, and stores their outcomes. */
export class JobLoop {
  readonly #job: JobDefinition<unknown, unknown>;
  readonly #options: LoopOptions;
  readonly #claimed: ClaimedJobs;
  /** Whether the database limits how many of these jobs run. */
  readonly #limited: boolean;
  readonly #outcomes: OutcomeStore;
  readonly #outside: <R>(body: () => R) => R = AsyncLocalStorage.snapshot();
  /** The jobs that run, by their index in the stream. */
  readonly #running = new Map<number, HeldJob>();
  readonly #stopping = new AbortController();
  /** Aborted when storing outcomes is given up. */
  readonly #leaving = new AbortController();
  #stream:
    | AsyncGenerator<{ readonly index: number; readonly value: PromiseSettledResult<string> }>
    | undefined;

  constructor(job: AnyJob, claims: Claims, options: LoopOptions) {
    // What is stored under the job's name is assumed to be its payload.
    this.#job = job as JobDefinition<unknown, unknown>;
    this.#options = options;
    const { workers, pollInterval, arrivals, finishes, warn } = options;
    const count = typeof workers === "number" ? workers : workers.permits;
    // With a semaphore, others may be waiting for the same permits.
    const free = (): number => (typeof workers === "number" ? workers - this.#running.size : 1);
    this.#limited = claims.limited;
    this.#claimed = new ClaimedJobs(claims, { workers: count, free, pollInterval, arrivals, warn });
    this.#outcomes = new OutcomeStore({
      claims,
      persistently: (query) => this.#persistently(query, this.#leaving.signal),
      settled: (claim, outcome) => {
        this.#claimed.settled(claim);
        if (outcome === "given up") this.#warn(claim, "could not be stored; the job will run again");
        if (outcome === "dropped") this.#warn(claim, requeued);
      },
      batchStored: () => {
        this.#claimed.stored();
        finishes.wake();
      },
    });
  }

  /** Runs until it is stopped and the outcomes of all started jobs are stored. */
  async run(ready: () => Promise<void>): Promise<void> {
    await this.#persistently(ready, this.#stopping.signal);
    const { timeout, rate } = this.#job;
    const { workers, grace } = this.#options;
    this.#stream = streamJobs(this.#jobs(), {
      workers,
      rate,
      timeout,
      grace,
      settle: true,
      ordered: false,
      buffer: maxOutcomes,
      callbackManager: silent,
    });
    for await (const { index, value } of this.#stream) {
      this.#ended(index, value);
      if (this.#outcomes.isFull) await this.#outcomes.idle();
    }
    await this.#outcomes.idle();
  }

  /** Hands back what has not started. */
  handBackWaiting(): Promise<void> {
    return this.#claimed.handBackWaiting();
  }

  /** Claims and starts nothing more, and hands back what has not started. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#claimed.handBackWaiting();
  }

  /** Hands back the running jobs, so that others take them at once, and aborts the signals of their handlers. */
  async leave(): Promise<void> {
    const running = [...this.#running.values()];
    for (const job of running) job.release(new DOMException("the job was handed back", "AbortError"));
    const ended = this.#stream?.return(undefined);
    // Where no more than so many may run, they are handed back when their handlers have ended.
    if (this.#limited) await ended;
    await Promise.all([this.#claimed.handBack(running), ended]);
    this.#leaving.abort();
    await this.#outcomes.idle();
  }

  /** Renews the claims on all held jobs, and finds out which of them have been requeued. */
  async heartbeat(): Promise<void> {
    await this.#claimed.handBackLate();
    for (const job of await this.#claimed.heartbeat()) {
      job.release(
        new DOMException(
          "the job had no heartbeat for 10 s, and was requeued for other workers",
          "AbortError",
        ),
      );
      this.#warn(job.claim, requeued);
    }
  }

  async *#jobs(): AsyncGenerator<Job<string>> {
    // oxlint-disable-next-line no-await-in-loop -- one job after another is the point
    while (await this.#claimed.reserve(this.#stopping.signal)) yield (context) => this.#runNext(context);
  }

  /** A rate or other jobs may have delayed this one for long: more urgent ones may have arrived meanwhile. */
  #runNext(context: JobContext): Promise<string> {
    if (!this.#claimed.mayBeOvertaken) return this.#runFirst(context);
    return this.#claimed.claimMoreUrgent(this.#stopping.signal).then(() => this.#runFirst(context));
  }

  #runFirst(context: JobContext): Promise<string> {
    if (this.#stopping.signal.aborted) {
      this.#claimed.cancel();
      return Promise.resolve("");
    }
    const job = this.#claimed.next();
    // The job has been handed back.
    if (job === undefined) return Promise.resolve("");
    this.#running.set(context.index, job);
    return this.#run(job, context);
  }

  #run(job: HeldJob, context: JobContext): Promise<string> {
    return this.#outside(() =>
      continueTrace(job.claim.job[2] ?? undefined, () => {
        const handle = (): Promise<string> => this.#handle(job);
        job.context = context;
        const manager = this.#options.callbackManager ?? currentCallbackManager();
        return manager === undefined
          ? handle()
          : manager.event("async_job", { index: context.index }, handle, job);
      }),
    );
  }

  async #handle(job: HeldJob): Promise<string> {
    const { name, maxPayload = defaultMaxPayload } = this.#job;
    const result = await this.#job.run(job.claim.job[0], job);
    if (result === undefined) return "{}";
    return `{"value":${toJson(result, () => `the result of job ${job.id} of ${name}`, maxPayload)}}`;
  }

  #ended(index: number, result: PromiseSettledResult<string>): void {
    const job = this.#running.get(index);
    this.#running.delete(index);
    if (job === undefined || job.isReleased) return;
    job.settling = true;
    const { claim } = job;
    if (result.status === "fulfilled") return this.#outcomes.add({ claim, output: result.value });
    const reason: unknown = result.reason;
    this.#outcomes.add({ claim, error: jobError(reason), final: isFinal(reason) });
  }

  /** Repeats a query until it succeeds, or the signal is aborted. */
  async #persistently<T>(query: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    do {
      try {
        // oxlint-disable-next-line no-await-in-loop -- another attempt
        return await query();
      } catch (error) {
        this.#options.warn(error);
        // oxlint-disable-next-line no-await-in-loop
        await this.#options.arrivals.sleep(pauseAfterFailure, signal);
      }
    } while (!signal.aborted);
    return undefined;
  }

  #warn({ id }: Claim, what: string): void {
    process.emitWarning(`the outcome of job ${id} of ${this.#job.name} ${what}`, "JobQueueWarning");
  }
}

const requeued =
  "is dropped: the job had no heartbeat for 10 s, and was requeued for other workers. Does a handler block the event " +
  "loop, or did the database not respond?";
