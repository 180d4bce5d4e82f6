import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { type Job, type JobContext, type Semaphore, streamJobs } from "@llx/async";
import { CallbackManager, continueTrace, currentCallbackManager } from "@llx/callbacks";
import { byUrgency, type Claim, type Claims, type Outcome } from "./claims.ts";
import { type AnyJob, defaultMaxPayload, type JobDefinition } from "./define-job.ts";
import { HeldJob } from "./held-job.ts";
import { isFinal, jobError } from "./job-error.ts";
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
const restAfterFailure = 1_000;

/** Emits nothing: the loop makes the events itself, as they belong to the trace that comes with the job. */
const silent = new CallbackManager({ sample: 0 });

/**
 * Claims jobs of one kind, runs them through `streamJobs`, and settles them. Where jobs are short, they are claimed
 * ahead and settled many at once; where they are long, no more are claimed than are about to run. What is claimed ahead
 * stands back for what is more urgent.
 */
export class JobLoop {
  readonly #job: JobDefinition<unknown, unknown>;
  readonly #claims: Claims;
  readonly #options: LoopOptions;
  readonly #outside: <R>(body: () => R) => R = AsyncLocalStorage.snapshot();
  /** What is claimed and not settled. */
  readonly #held = new Map<string, HeldJob>();
  /** Those of them that no worker has come to, the most urgent first. */
  readonly #waiting: HeldJob[] = [];
  /** How many of those the stream has been promised: which they are is decided when they begin. */
  #promised = 0;
  /** Those that run, by their index in the stream. */
  readonly #running = new Map<number, HeldJob>();
  readonly #outcomes: Outcome[] = [];
  readonly #stopping = new AbortController();
  /** Storing is not tried any longer. */
  readonly #leaving = new AbortController();
  #stream:
    | AsyncGenerator<{ readonly index: number; readonly value: PromiseSettledResult<string> }>
    | undefined;
  /** One claim at a time: of two, each would pass over what the other is just locking. */
  #claiming: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  /** What is not claimed was of no higher priority, */
  #ceiling = Number.NEGATIVE_INFINITY;
  /** when so many times jobs had come; */
  #arrivals = 0;
  /** and that is taken for true until then. */
  #freshUntil = Number.NEGATIVE_INFINITY;
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
    await this.#claiming;
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
    const late = this.#waiting.slice(this.#promised).filter((held) => ++held.beats > 1);
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
    // oxlint-disable-next-line no-await-in-loop -- one job after another is the point
    while (await this.#hasNext()) {
      this.#promised++;
      yield (context) => this.#runNext(context);
    }
  }

  async #hasNext(): Promise<boolean> {
    const { arrivals } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const isThere = this.#waiting.length > this.#promised;
      const mayBeMore = this.#isLow && this.#mayBeAbove(Number.NEGATIVE_INFINITY);
      const claiming = mayBeMore ? this.#claim() : undefined;
      if (isThere) return true;
      // oxlint-disable-next-line no-await-in-loop -- there is nothing to do
      await (claiming ?? arrivals.sleep(this.#freshUntil - performance.now(), signal, this.#arrivals));
    }
    return false;
  }

  /** Whether there is so little left that more may be claimed. */
  get #isLow(): boolean {
    return this.#waiting.length <= Math.max(this.#promised, this.#batch >> 1);
  }

  /** Whether there may be a job of a higher priority that is not claimed. */
  #mayBeAbove(priority: number): boolean {
    return (
      priority < this.#ceiling ||
      this.#arrivals !== this.#options.arrivals.count ||
      performance.now() >= this.#freshUntil
    );
  }

  /** Claims more where little is left, and else only what is more urgent than something that is claimed already. */
  #claim(): Promise<void> {
    return (this.#claiming ??= this.#claimNow().finally(() => (this.#claiming = undefined)));
  }

  async #claimNow(): Promise<void> {
    const { arrivals, pollInterval, warn } = this.#options;
    const { count } = arrivals;
    const above = this.#isLow ? undefined : this.#waiting.at(-1)!.claim.priority;
    if (above === undefined) this.#adjustBatch();
    const batch = this.#batch;
    try {
      const claims = await this.#claims.take(batch, above);
      for (const claim of claims) {
        const held = new HeldJob(claim);
        this.#held.set(claim.id, held);
        this.#waiting.push(held);
      }
      this.#waiting.sort((a, b) => byUrgency(a.claim, b.claim));
      this.#ceiling = claims[batch - 1]?.priority ?? above ?? Number.NEGATIVE_INFINITY;
      // A database is not asked without end, whatever the interval.
      this.#freshUntil = performance.now() + Math.max(1, pollInterval);
      // A queue that is nearly empty says nothing about how long a batch lasts.
      if (above === undefined)
        this.#takenAt = claims.length === batch ? performance.now() : Number.NEGATIVE_INFINITY;
    } catch (error) {
      // What is claimed already can be done all the same.
      warn(error);
      this.#ceiling = Number.NEGATIVE_INFINITY;
      this.#freshUntil = performance.now() + restAfterFailure;
    }
    this.#arrivals = count;
  }

  #adjustBatch(): void {
    const lasted = performance.now() - this.#takenAt;
    if (lasted < briskly) this.#batch = Math.min(largestBatch, this.#batch * 4);
    else if (lasted > 4 * briskly) this.#batch = this.#workers;
  }

  /** A job may have waited for long to be let in, by a rate or by others: meanwhile more urgent ones have come. */
  #runNext(context: JobContext): Promise<string> {
    return this.#mayBeOvertaken ? this.#lookAndRunNext(context) : this.#runFirst(context);
  }

  get #mayBeOvertaken(): boolean {
    const first = this.#waiting[0];
    return first !== undefined && this.#mayBeAbove(first.claim.priority);
  }

  async #lookAndRunNext(context: JobContext): Promise<string> {
    // What is under way may have looked before the last ones came.
    await this.#claiming;
    if (this.#mayBeOvertaken && !this.#stopping.signal.aborted) await this.#claim();
    return this.#runFirst(context);
  }

  #runFirst(context: JobContext): Promise<string> {
    this.#promised--;
    const held = this.#stopping.signal.aborted ? undefined : this.#waiting.shift();
    // It has been handed back meanwhile, or is about to be.
    if (held === undefined) return Promise.resolve("");
    this.#running.set(context.index, held);
    return this.#run(held, context);
  }

  #run(held: HeldJob, context: JobContext): Promise<string> {
    return this.#outside(() =>
      continueTrace(held.claim.job[2] ?? undefined, () => {
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
    const held = this.#running.get(index);
    this.#running.delete(index);
    if (held === undefined || held.left) return;
    held.settling = true;
    const { claim } = held;
    if (result.status === "fulfilled") this.#outcomes.push({ claim, output: result.value });
    else {
      const reason: unknown = result.reason;
      this.#outcomes.push({ claim, error: jobError(reason), final: isFinal(reason) });
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
      this.#options.arrivals.wake();
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
        await this.#options.arrivals.sleep(restAfterFailure, signal);
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
