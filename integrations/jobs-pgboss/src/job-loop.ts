import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { type Job, type JobContext, type Semaphore, streamJobs } from "@llx/async";
import { CallbackManager, continueTrace, currentCallbackManager } from "@llx/callbacks";
import type { Claim, Claims, Outcome } from "./claims.ts";
import { type AnyJob, defaultMaxPayload, type JobDefinition } from "./define-job.ts";
import { HeldJob } from "./held-job.ts";
import { jobError } from "./job-error.ts";
import { toJson } from "./json.ts";
import type { Wake } from "./wake.ts";

export interface LoopOptions {
  readonly workers: number | Semaphore;
  readonly grace: number;
  readonly pollInterval: number;
  readonly callbackManager: CallbackManager | undefined;
  /** Jobs have come. */
  readonly arrivals: Wake;
  /** Jobs have finished. */
  readonly finishes: Wake;
  warn(error: unknown): void;
}

/** The most jobs claimed in one query. */
const largestBatch = 512;
/** The most outcomes that wait to be stored. */
const mostOutcomes = 1_000;
/** A batch that lasts less than this, in milliseconds, was small; one that lasts four times as long was large. */
const briskly = 250;
/** Milliseconds before the database is tried again. */
const patience = 1_000;

/** Emits nothing: the loop makes the events itself, as they belong to the trace that comes with the job. */
const silent = new CallbackManager({ sample: 0 });

/**
 * Claims jobs of one kind, runs them through `streamJobs`, and settles them. Where jobs are short, they are claimed
 * ahead and settled many at once; where they are long, no more are claimed than are about to run.
 */
export class JobLoop {
  readonly #job: JobDefinition<unknown, unknown>;
  readonly #claims: Claims;
  readonly #options: LoopOptions;
  readonly #outside: <R>(body: () => R) => R = AsyncLocalStorage.snapshot();
  /** What is claimed and not settled. */
  readonly #held = new Map<string, HeldJob>();
  /** Those of them that no worker has come to. */
  readonly #waiting: HeldJob[] = [];
  /** Those that run, by their index in the stream. */
  readonly #running = new Map<number, HeldJob>();
  readonly #outcomes: Outcome[] = [];
  readonly #stopping = new AbortController();
  /** Storing is not tried any longer. */
  readonly #leaving = new AbortController();
  #stream:
    | AsyncGenerator<{ readonly index: number; readonly value: PromiseSettledResult<string> }>
    | undefined;
  #taking: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  #pulled = 0;
  #batch: number;
  #takenAt = Number.NEGATIVE_INFINITY;

  constructor(job: AnyJob, claims: Claims, options: LoopOptions) {
    // What is stored under the job's name is taken for its payload.
    this.#job = job as JobDefinition<unknown, unknown>;
    this.#claims = claims;
    this.#options = options;
    this.#batch = this.#workers;
  }

  get #workers(): number {
    const { workers } = this.#options;
    return typeof workers === "number" ? workers : workers.permits;
  }

  /** Runs until it is stopped, and what it has begun is over and stored. */
  async run(ready: () => Promise<void>): Promise<void> {
    await this.#persistently(ready, this.#stopping.signal);
    const { timeout, rateLimiter } = this.#job;
    const { workers, grace } = this.#options;
    this.#stream = streamJobs(this.#jobs(), {
      workers,
      rate: rateLimiter,
      timeout,
      grace,
      settle: true,
      ordered: false,
      buffer: mostOutcomes,
      callbackManager: silent,
    });
    for await (const { index, value } of this.#stream) {
      this.#ended(index, value);
      if (this.#outcomes.length >= mostOutcomes) await this.#settling;
    }
    await this.#settling;
  }

  /** Claims and starts nothing more, and gives back what has not been started. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#taking;
    await this.#handBack(this.#waiting.splice(0));
  }

  /** Gives back what runs, so that others take it at once, and tells the handlers. */
  async leave(): Promise<void> {
    const running = [...this.#running.values()];
    for (const held of running) held.leave(new DOMException("the job was handed back", "AbortError"));
    await Promise.all([this.#handBack(running), this.#stream?.return(undefined)]);
    this.#leaving.abort();
    await this.#settling;
  }

  /** Says that what is held is alive, and finds out what is not held any more. */
  async beat(): Promise<void> {
    const late = this.#waiting.filter((held) => ++held.beats > 1);
    if (late.length > 0) {
      // Others may be free for it.
      this.#batch = this.#workers;
      for (const held of late) this.#waiting.splice(this.#waiting.indexOf(held), 1);
      await this.#handBack(late);
    }
    const held = [...this.#held.values()].filter(({ settling }) => !settling);
    if (held.length === 0) return;
    const news = held.filter((each) => each.news !== undefined);
    if (news.length > 0) {
      await this.#claims.tell(
        news.map(({ claim, news: progress }) => ({ claim, output: `{"progress":${progress}}` })),
      );
      for (const each of news) each.news = undefined;
    }
    const alive = new Set(await this.#claims.renew(held.map(({ claim }) => claim)));
    for (const each of held) {
      if (alive.has(each.claim.id) || each.settling || !this.#held.has(each.claim.id)) continue;
      this.#held.delete(each.claim.id);
      const at = this.#waiting.indexOf(each);
      if (at >= 0) this.#waiting.splice(at, 1);
      each.leave(new DOMException("the job was not heard of for 10 s, and is others' now", "AbortError"));
      this.#warn(each.claim, given);
    }
  }

  async *#jobs(): AsyncGenerator<Job<string>> {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one job after another is the point
      const held = await this.#next();
      if (held === undefined) return;
      this.#running.set(this.#pulled++, held);
      yield (context) => this.#run(held, context);
    }
  }

  async #next(): Promise<HeldJob | undefined> {
    while (!this.#stopping.signal.aborted) {
      if (this.#waiting.length <= this.#batch >> 1) {
        this.#taking ??= this.#take().finally(() => (this.#taking = undefined));
      }
      const held = this.#waiting.shift();
      if (held !== undefined) return held;
      // oxlint-disable-next-line no-await-in-loop -- there is nothing to do
      await this.#taking;
    }
    return undefined;
  }

  async #take(): Promise<void> {
    const { signal } = this.#stopping;
    const { arrivals, pollInterval, warn } = this.#options;
    const lasted = performance.now() - this.#takenAt;
    if (lasted < briskly) this.#batch = Math.min(largestBatch, this.#batch * 4);
    else if (lasted > 4 * briskly) this.#batch = this.#workers;
    try {
      const claims = await this.#claims.take(this.#batch);
      for (const claim of claims) {
        const held = new HeldJob(claim);
        this.#held.set(claim.id, held);
        this.#waiting.push(held);
      }
      // A queue that is nearly empty says nothing about how long a batch lasts.
      this.#takenAt = claims.length === this.#batch ? performance.now() : Number.NEGATIVE_INFINITY;
      if (claims.length === 0) await arrivals.sleep(pollInterval, signal);
    } catch (error) {
      warn(error);
      await arrivals.sleep(patience, signal);
    }
  }

  #run(held: HeldJob, context: JobContext): Promise<string> {
    return this.#outside(() =>
      continueTrace(held.claim.job[2], () => {
        const handle = (): Promise<string> => this.#handle(held);
        held.context = context;
        const manager = this.#options.callbackManager ?? currentCallbackManager();
        return manager === undefined
          ? handle()
          : manager.event("async_job", { index: context.index }, handle, held);
      }),
    );
  }

  async #handle(held: HeldJob): Promise<string> {
    const { name, maxPayload = defaultMaxPayload } = this.#job;
    const result = await this.#job.run(held.claim.job[0], held);
    if (result === undefined) return "{}";
    return `{"value":${toJson(result, () => `the result of job ${held.id} of ${name}`, maxPayload)}}`;
  }

  #ended(index: number, result: PromiseSettledResult<string>): void {
    const held = this.#running.get(index)!;
    this.#running.delete(index);
    if (held.left) return;
    held.settling = true;
    const { claim } = held;
    if (result.status === "fulfilled") this.#outcomes.push({ claim, output: result.value });
    else {
      const reason: unknown = result.reason;
      const final = (reason as { retryable?: unknown } | null | undefined)?.retryable === false;
      this.#outcomes.push({ claim, error: jobError(reason), final });
    }
    this.#settling ??= this.#settle().finally(() => (this.#settling = undefined));
  }

  async #settle(): Promise<void> {
    while (this.#outcomes.length > 0) {
      // oxlint-disable-next-line no-await-in-loop -- what ends in the same turn is stored with it
      await turn();
      const outcomes = this.#outcomes.splice(0);
      // oxlint-disable-next-line no-await-in-loop -- one batch after another
      const settled = await this.#persistently(() => this.#claims.settle(outcomes), this.#leaving.signal);
      for (const { claim } of outcomes) {
        this.#held.delete(claim.id);
        if (settled === undefined) this.#warn(claim, "could not be stored, and will be done again");
        else if (!settled.has(claim.id)) this.#warn(claim, given);
      }
      this.#options.finishes.wake();
    }
  }

  async #handBack(jobs: readonly HeldJob[]): Promise<void> {
    if (jobs.length === 0) return;
    for (const { claim } of jobs) this.#held.delete(claim.id);
    try {
      await this.#claims.handBack(jobs.map(({ claim }) => claim));
    } catch (error) {
      // They are taken from here when their heartbeat has stopped.
      this.#options.warn(error);
    }
  }

  /** Tries until it works, or nobody waits for it any more. */
  async #persistently<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    do {
      try {
        // oxlint-disable-next-line no-await-in-loop -- another attempt
        return await attempt();
      } catch (error) {
        this.#options.warn(error);
        // oxlint-disable-next-line no-await-in-loop
        await this.#options.arrivals.sleep(patience, signal);
      }
    } while (!signal.aborted);
    return undefined;
  }

  #warn({ id }: Claim, what: string): void {
    process.emitWarning(`what came of job ${id} of ${this.#job.name} ${what}`, "JobQueueWarning");
  }
}

const given =
  "is dropped, as it was not heard of for 10 s and so was given to others. Does a handler block the event loop, or " +
  "did the database not answer?";
