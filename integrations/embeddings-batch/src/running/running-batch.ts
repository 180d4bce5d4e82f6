import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { Closing, type RunningProgress, retry } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import type { ElementType } from "@llx/embeddings";
import type { EmbeddingBatchService } from "@llx/embeddings/batch";
import { defineJob, type JobDefinition, type JobQueue, type JobWorker } from "@llx/jobs-pgboss";
import { checkNames } from "@llx/support";
import type { BatchRun, RunProgress } from "../batch-run.ts";
import { writeDurably } from "../files/durable-file.ts";
import type { RunDirectory } from "../files/run-directory.ts";
import type { SectionFacts } from "../files/section-file.ts";
import { type ResultsOptions, resultsNames } from "../open-run.ts";
import { LandingCursor } from "../reading/landing-cursor.ts";
import type { RunResult } from "../reading/part-reader.ts";
import { readAsTheyLand, readInOrder } from "../reading/read-results.ts";
import { addStoredRounds, type RunLog } from "../reading/run-log.ts";
import { attemptsOf, isNobodyThere, isTransient, stopped } from "./batch-run-error.ts";
import { DelayWarnings } from "./delay-warnings.ts";
import type { Rounds } from "./rounds.ts";
import { type Turn, Turns } from "./turns.ts";

/** One look at a round of a part: the payload of a job. */
interface Visit {
  /** Names the process that wants it: a later one begins with looks of its own, at its own time. */
  readonly session: string;
  readonly part: number;
  readonly round: number;
  /** Counts from 0. */
  readonly visit: number;
  /** How many have failed in a row. */
  readonly failures: number;
  /** The attempts that these have made. */
  readonly attempts: number;
}

/** What a run is made of. */
export interface RunParts<E extends ElementType> {
  readonly directory: RunDirectory;
  readonly log: RunLog;
  readonly service: EmbeddingBatchService<E>;
  readonly queue: JobQueue;
  readonly rounds: Rounds<E>;
  readonly concurrency: number;
  readonly pauses: { readonly first: number; readonly longest: number };
  readonly manager: CallbackManager;
  readonly progress: RunningProgress | undefined;
  readonly signal: AbortSignal | undefined;
  /** Aborted when planning is to end. */
  readonly planning: AbortController;
  /** Texts in the run, where it is known. */
  readonly count: number | undefined;
  /** Frees the directory. */
  release(): void;
}

/** Failures in a row, with growing pauses between them, after which a run stops. */
const maxFailures = 20;
/** Lost with a killed process each; failures of the work itself are counted by the run. */
const jobAttempts = 1_000;
/** A database may be away for about two minutes. */
const enqueueRetry = { attempts: 20, delay: 500, maxDelay: 30_000, totalTimeout: 120_000 };
/** Batches that are uploaded or downloaded at once: more need more memory, and share the same connection. */
const workers = 2;
const keepJobs = 7 * 86_400_000;
/** Milliseconds between two looks for jobs that have become due. */
const pollInterval = { least: 20, most: 500 };

const queueClosed = (): Error =>
  new Error(
    "the queue of the run was closed before it has finished; call embedBatchJob with another one to go on",
  );

/** A run that works. */
export class RunningBatch<E extends ElementType> implements BatchRun<E> {
  readonly #parts: RunParts<E>;
  readonly #job: JobDefinition<Visit, void>;
  readonly #closing = new Closing("the run", () => this.#close());
  readonly #ended = Promise.withResolvers<RunProgress>();
  /** Resolves when nothing is planned any more. */
  #planned: Promise<void> = Promise.resolve();
  /** Resolves when all results are counted. */
  #counted: Promise<void> = Promise.resolve();
  #worker: JobWorker | undefined;
  readonly #closed = new AbortController();
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;
  #isCancelled: boolean;
  readonly #session = randomUUID();
  readonly #turns: Turns;
  /** Parts at which a job works. */
  readonly #busy = new Map<number, Promise<void>>();
  readonly #warnings: DelayWarnings;
  /** Whether a step has succeeded in this process. */
  #hasReachedService = false;
  #embedded = 0;
  #failed = 0;

  constructor(parts: RunParts<E>) {
    this.#parts = parts;
    this.#turns = new Turns(parts.concurrency);
    this.#warnings = new DelayWarnings(parts.directory.path);
    this.#isCancelled = existsSync(parts.directory.cancelled);
    this.#job = defineJob(`embed-batch/${this.id}`, {
      handler: (visit: Visit, { signal }) => this.#visit(visit, signal),
      retry: { attempts: jobAttempts },
      keep: keepJobs,
    });
    this.#ended.promise.catch(() => {});
  }

  get id(): string {
    return this.#parts.directory.manifest.id;
  }

  get directory(): string {
    return this.#parts.directory.path;
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Whether there were batches of others at the service beside that of a part. */
  hadOthers(part: number): boolean {
    return this.#turns.hadOthers(part);
  }

  aclose(): Promise<void> {
    return this.#closing.aclose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  /** Goes on with what is there, and then with what is planned. */
  async start(sections: AsyncGenerator<SectionFacts | "resumed", void, undefined>): Promise<void> {
    const { directory, log, queue, manager, pauses, service, count, signal } = this.#parts;
    await addStoredRounds(log, directory);
    const stored = log.landings.length;
    if (this.#isCancelled) log.end();
    const begun = await this.#resume();
    const { inputType } = directory.manifest;
    const { provider, model } = service;
    const started = Promise.withResolvers<void>();
    // The event ends with the run; jobs are enqueued inside it.
    const run = manager.event("embed_texts", { provider, model, count, inputType }, async (event) => {
      try {
        await queue.redrive(this.#job);
        const { first } = pauses;
        this.#worker = queue.work(this.#job, {
          workers,
          pollInterval: Math.max(pollInterval.least, Math.min(pollInterval.most, first)),
          callbackManager: manager,
        });
        void this.#worker.done.then(() => this.#fail(queueClosed()));
        for (const turn of begun) {
          // oxlint-disable-next-line no-await-in-loop -- few
          await this.#begin(turn);
        }
        await this.#fill();
        this.#planned = this.#plan(sections);
        this.#counted = this.#count(stored);
        started.resolve();
      } catch (error) {
        started.reject(error);
        throw error;
      }
      const { texts, failed, cached, usage } = await this.#ended.promise;
      const requests = Array.from(log.parts.values()).reduce((sum, each) => sum + each.batches, 0);
      event.set({ count: texts, failed, cached, usage, requests, dimensions: service.dimensions });
    });
    run.catch(() => {});
    await started.promise;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
    this.#finishIfComplete();
  }

  results(options: ResultsOptions = {}): AsyncGenerator<RunResult<E>, void, undefined> {
    checkNames(options, resultsNames);
    const { directory, log, service } = this.#parts;
    const read = options.ordered === true ? readInOrder : readAsTheyLand;
    return read({
      directory,
      log,
      elementType: service.elementType,
      wait: async (more) => {
        if (this.#failure !== undefined) throw this.#failure.error;
        if (this.#isOver) return false;
        await more;
        return true;
      },
    });
  }

  finished(): Promise<RunProgress> {
    return this.#ended.promise;
  }

  progress(): RunProgress {
    const { log } = this.#parts;
    const last = log.sections.at(-1);
    const parts = [...log.parts.values()];
    return {
      texts: last === undefined ? 0 : last.first + last.count,
      isPlanned: log.isPlanned,
      embedded: this.#embedded,
      failed: this.#failed,
      cached: parts.reduce((sum, { kind, count }) => (kind === "cached" ? sum + count : sum), 0),
      batches: {
        waiting: this.#turns.waiting,
        submitted: this.#turns.open,
        done: parts.filter(({ kind, left }) => kind === "batch" && left === 0).length,
      },
      usage: log.usage,
      isCancelled: this.#isCancelled,
    };
  }

  async cancel(): Promise<void> {
    this.#closing.throwIfClosed();
    if (this.#isOver) return;
    const { directory, log, service, planning } = this.#parts;
    await writeDurably(directory.cancelled, `${new Date().toISOString()}\n`);
    this.#isCancelled = true;
    planning.abort(new DOMException("the run was cancelled", "AbortError"));
    await this.#planned;
    log.end();
    for (const { part, round } of await directory.listSubmitted()) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const batch = await directory.readBatch(part, round);
      // oxlint-disable-next-line no-await-in-loop
      if (batch !== undefined) await service.cancel(batch);
    }
    await this.#fill();
    this.#finishIfComplete();
  }

  readonly #onAbort = (): void => {
    this.#fail(this.#parts.signal!.reason);
  };

  /** Finds out where an earlier process has left off. Returns the rounds whose batch may be at the service. */
  async #resume(): Promise<Turn[]> {
    const { directory, log } = this.#parts;
    const submitted = new Map((await directory.listSubmitted()).map((turn) => [turn.part, turn]));
    const begun: Turn[] = [];
    for (const { part, kind, rounds, left } of log.parts.values()) {
      if (kind !== "batch") continue;
      const turn = submitted.get(part);
      if (turn !== undefined) {
        this.#turns.begin(part);
        begun.push(turn);
      } else if (left > 0) {
        this.#turns.add({ part, round: rounds + 1 });
      }
    }
    return begun;
  }

  async #plan(sections: AsyncGenerator<SectionFacts | "resumed", void, undefined>): Promise<void> {
    const { log } = this.#parts;
    try {
      for await (const section of sections) {
        if (section === "resumed") continue;
        log.addSection(section);
        for (const { part, kind } of section.parts) if (kind === "batch") this.#turns.add({ part, round: 1 });
        await this.#fill();
      }
      this.#finishIfComplete();
    } catch (error) {
      if (this.#isCancelled || this.closed) return;
      const isOurs = error instanceof Error && (error.name === "RunFileError" || error instanceof TypeError);
      this.#fail(isOurs ? error : stopped(this.directory, undefined, error));
    }
  }

  /**
   * Counts what lands, one after another.
   *
   * @param stored how many landings are those of an earlier process, which take no work
   */
  async #count(stored: number): Promise<void> {
    const { directory, log, service, progress } = this.#parts;
    try {
      await using cursor = new LandingCursor(directory, service.elementType);
      for (let at = 0; ; at++) {
        while (at === log.landings.length) {
          const { more } = log;
          if (this.#isOver || this.#failure !== undefined) return;
          // oxlint-disable-next-line no-await-in-loop -- until there is more
          await more;
        }
        const landing = log.landings[at]!;
        const isWork =
          at >= stored && landing.part !== undefined && log.parts.get(landing.part)?.kind === "batch";
        let [texts, failed] = [0, 0];
        // oxlint-disable-next-line no-await-in-loop
        for await (const { reader, position } of cursor.settledBy(landing)) {
          texts++;
          if (reader.hasFailed(position)) failed++;
        }
        this.#embedded += texts - failed;
        this.#failed += failed;
        if (texts > 0) progress?.advance(texts, failed, isWork ? 0 : texts);
      }
    } catch (error) {
      this.#fail(stopped(this.directory, undefined, error));
    }
  }

  /** Starts parts while there is room at the service; all of a cancelled run, as they are not submitted. */
  async #fill(): Promise<void> {
    for (;;) {
      const turn = this.#turns.take(this.#isCancelled || undefined);
      if (turn === undefined) return;
      // oxlint-disable-next-line no-await-in-loop -- few at once
      await this.#begin(turn);
    }
  }

  #begin({ part, round }: Turn, delay = 0): Promise<void> {
    return this.#enqueue({ session: this.#session, part, round, visit: 0, failures: 0, attempts: 0 }, delay);
  }

  async #enqueue(visit: Visit, delay: number): Promise<void> {
    const { queue } = this.#parts;
    const key = ({ session, part, round, visit: number }: Visit): string =>
      `${session}-${part}-${round}-${number}`;
    const enqueue = (): Promise<unknown> => {
      this.#failIfQueueClosed();
      if (this.#failure !== undefined) throw this.#failure.error;
      return queue.enqueue(this.#job, [visit], { key, delay });
    };
    await retry(enqueue, { ...enqueueRetry, signal: this.#closed.signal });
  }

  /** Its closing waits for the jobs, and none of them can be followed by another one. */
  #failIfQueueClosed(): void {
    if (this.#parts.queue.closed) this.#fail(queueClosed());
  }

  /** The pause before a visit. */
  #pause(visits: number): number {
    const { first, longest } = this.#parts.pauses;
    return Math.min(longest, first * 1.5 ** Math.min(visits, 100));
  }

  /** A job of a part waits for another one that has not ended yet: one whose process was taken for dead. */
  async #visit(visit: Visit, signal: AbortSignal): Promise<void> {
    const { session, part } = visit;
    if (session !== this.#session) return;
    signal.addEventListener("abort", () => this.#failIfQueueClosed());
    const before = this.#busy.get(part) ?? Promise.resolve();
    const work = before.then(() => this.#work(visit, signal));
    const ended = work.catch(() => {});
    this.#busy.set(part, ended);
    try {
      await work;
    } finally {
      if (this.#busy.get(part) === ended) this.#busy.delete(part);
    }
  }

  async #work(visit: Visit, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      await this.#step(visit, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (this.#failure !== undefined) throw error;
      const failure = stopped(this.directory, visit.part, error, visit.attempts);
      this.#fail(failure);
      throw failure;
    }
  }

  async #step(look: Visit, signal: AbortSignal): Promise<void> {
    const { part, round, visit, failures, attempts } = look;
    const next = { ...look, visit: visit + 1, failures: 0, attempts: 0 };
    const { log, rounds, pauses } = this.#parts;
    const state = log.parts.get(part);
    // It may be a repetition of a job that has ended.
    if (state === undefined || !this.#turns.isOpen(part)) return;
    const outcome = await rounds.step(part, round, state.count, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      if (!isTransient(error) || failures + 1 === maxFailures || this.#failure !== undefined) throw error;
      // Whoever has just called is there to start the service; nobody is in the middle of a night.
      if (!this.#hasReachedService && isNobodyThere(error)) throw error;
      const waits = { next: this.#pause(failures), longest: pauses.longest };
      this.#warnings.outage(part, { number: failures + 1, most: maxFailures }, waits, error);
      return { failed: attemptsOf(error) };
    });
    if ("failed" in outcome) {
      const failed = { failures: failures + 1, attempts: attempts + outcome.failed };
      return this.#enqueue({ ...next, ...failed }, this.#pause(failures));
    }
    this.#hasReachedService = true;
    this.#warnings.passed(part);
    if (outcome.state === "waiting") {
      return this.#enqueue(next, this.#pause(visit));
    }
    const { landed, hasFailed, postponed } = outcome;
    if (state.rounds < round) log.addRound(part, landed);
    const turn = { part, round: round + 1 };
    if (postponed !== undefined) {
      this.#turns.postpone(turn);
      this.#warnings.fullQueue(part, postponed);
    } else if (landed.left > 0) {
      this.#turns.begin(part);
      return this.#begin(turn, hasFailed ? pauses.longest : 0);
    } else {
      this.#turns.end(part);
    }
    await this.#fill();
    this.#finishIfComplete();
  }

  #finishIfComplete(): void {
    const { log } = this.#parts;
    if (this.#isOver || this.#failure !== undefined || !log.isComplete || this.#turns.open > 0) return;
    this.#isOver = true;
    log.wake();
    void this.#finish();
  }

  async #finish(): Promise<void> {
    await this.#counted;
    if (this.#failure !== undefined) return;
    this.#ended.resolve(this.progress());
    void this.aclose();
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined || this.#isOver) return;
    this.#failure = { error };
    this.#ended.reject(error);
    this.#parts.log.wake();
    void this.aclose();
  }

  async #close(): Promise<void> {
    const { planning, log, progress, signal, release } = this.#parts;
    if (!this.#isOver) {
      this.#fail(
        new Error(
          "the run was closed before it has finished; call embedBatchJob with the same texts and directory to go on",
        ),
      );
    }
    signal?.removeEventListener("abort", this.#onAbort);
    planning.abort(new DOMException("the run was closed", "AbortError"));
    log.wake();
    this.#closed.abort();
    await this.#worker?.aclose();
    await this.#planned;
    await this.#counted;
    progress?.stop();
    release();
  }
}
