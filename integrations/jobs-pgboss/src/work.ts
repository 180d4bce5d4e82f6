import { type AsyncClosable, Closing, Semaphore } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import {
  checkCount,
  checkMilliseconds,
  checkNames,
  checkSignal,
  describeKind,
  type NamesOf,
} from "@llx/support";
import { Claims } from "./claims.ts";
import type { AnyJob } from "./define-job.ts";
import { JobLoop } from "./job-loop.ts";
import type { OpenDatabase } from "./open-database.ts";
import type { Pauses } from "./pauses.ts";
import { Wake } from "./wake.ts";

/** How many jobs a worker runs at once, and how it ends. */
export interface WorkOptions {
  /**
   * How many jobs run at once: a number, or a `Semaphore` that is shared with others.
   *
   * @default 4
   */
  readonly workers?: number | Semaphore | undefined;
  /** Aborting it closes the worker without grace: running jobs are handed back at once. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long closing waits for running jobs, in milliseconds, before they are handed back.
   *
   * @default 5_000
   */
  readonly grace?: number | undefined;
  /**
   * How often to look for jobs that other processes have enqueued, in milliseconds.
   *
   * @default 500
   */
  readonly pollInterval?: number | undefined;
  /**
   * Receives an `async_job` event for each attempt.
   *
   * @default the manager of the current trace
   */
  readonly callbackManager?: CallbackManager | undefined;
}

/** Runs jobs until it is closed. */
export interface JobWorker extends AsyncClosable {
  /**
   * Resolves when none of its jobs waits or runs, here or elsewhere. The worker continues.
   *
   * @throws the signal's reason; Error after the worker is closed
   */
  idle(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Resolves when the worker is closed. */
  readonly done: Promise<void>;
  /** Claims no more jobs, waits up to `grace` for the running ones, and hands back the rest: others take them at once. */
  aclose(): Promise<void>;
}

/** A worker, as its queue sees it. */
export interface QueueWorker extends JobWorker {
  /** Hands back the jobs of a kind that have not started. */
  handBackWaiting(name: string): Promise<void>;
}

/** What a worker needs from its queue. */
export interface WorkerQueue {
  readonly database: OpenDatabase;
  readonly schema: string;
  readonly pauses: Pauses;
  /** Registers a kind of job in the database. */
  ready(job: AnyJob): Promise<void>;
  /** Whether jobs with these names wait or run. */
  left(names: readonly string[]): Promise<boolean>;
  readonly arrivals: Wake;
  readonly finishes: Wake;
  warn(error: unknown): void;
}

const defaultWorkers = 4;
const defaultGrace = 5_000;
const defaultPollInterval = 500;
/** Milliseconds between heartbeats: three within the 10 seconds after which a job counts as lost. */
const heartbeatInterval = 3_000;
/** Milliseconds between two searches for lost jobs. */
const supervisionInterval = 1_000;

/** @throws TypeError or RangeError for invalid arguments */
export function startWork(jobs: readonly AnyJob[], options: WorkOptions, queue: WorkerQueue): QueueWorker {
  checkWorkOptions(options);
  if (jobs.length === 0) throw new RangeError("work() needs at least one job");
  if (new Set(jobs.map(({ name }) => name)).size < jobs.length) {
    throw new RangeError("work() was given two jobs of one name");
  }
  return new Work(jobs, options, queue);
}

class Work implements QueueWorker {
  readonly done: Promise<void>;
  readonly #queue: WorkerQueue;
  readonly #names: readonly string[];
  readonly #claims: readonly Claims[];
  readonly #loops: readonly JobLoop[];
  /** Resolves when nothing is running. */
  readonly #running: Promise<unknown>;
  /** Heartbeats and supervision. */
  readonly #periodic: Promise<unknown>;
  readonly #options: WorkOptions;
  readonly #closing = new Closing("the job worker", () => this.#close());
  readonly #closed = new AbortController();
  /** When the database last failed. */
  #failedAt = Number.NEGATIVE_INFINITY;
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(jobs: readonly AnyJob[], options: WorkOptions, queue: WorkerQueue) {
    const { workers = defaultWorkers, grace = defaultGrace, pollInterval = defaultPollInterval } = options;
    const { callbackManager, signal } = options;
    this.#queue = queue;
    this.#options = options;
    this.#names = jobs.map(({ name }) => name);
    this.done = this.#ended.promise;
    // Several kinds of jobs share the workers; one alone needs no semaphore.
    const shared = typeof workers === "number" && jobs.length > 1 ? new Semaphore(workers) : workers;
    const { arrivals, finishes, warn } = queue;
    const loop = { workers: shared, grace, pollInterval, callbackManager, arrivals, finishes, warn };
    this.#claims = jobs.map((job) => new Claims(queue.database, queue.schema, job));
    this.#loops = jobs.map((job, index) => new JobLoop(job, this.#claims[index]!, loop));
    this.#running = Promise.all(jobs.map((job, index) => this.#loops[index]!.run(() => queue.ready(job))));
    this.#periodic = Promise.all([
      this.#every(heartbeatInterval, () => Promise.all(this.#loops.map((each) => each.heartbeat()))),
      this.#every(supervisionInterval, () => this.#supervise()),
    ]);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  aclose(): Promise<void> {
    return this.#closing.aclose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  async idle(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkNames(options, { signal: true });
    const { signal } = options;
    checkSignal(signal);
    const { finishes, left } = this.#queue;
    for (;;) {
      signal?.throwIfAborted();
      this.#closing.throwIfClosed();
      const { count } = finishes;
      // oxlint-disable-next-line no-await-in-loop -- look, wait, look again
      if (!(await left(this.#names))) return;
      // oxlint-disable-next-line no-await-in-loop
      await finishes.sleep(this.#options.pollInterval ?? defaultPollInterval, signal, count);
    }
  }

  async handBackWaiting(name: string): Promise<void> {
    await this.#loops[this.#names.indexOf(name)]?.handBackWaiting();
  }

  readonly #onAbort = (): void => {
    void this.aclose();
  };

  async #every(interval: number, action: () => Promise<unknown>): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        await action();
      } catch (error) {
        this.#failedAt = performance.now();
        this.#queue.warn(error);
      }
      // oxlint-disable-next-line no-await-in-loop
      await new Wake().sleep(interval, signal);
    }
  }

  async #supervise(): Promise<void> {
    // After an outage the database has received no heartbeats for a while: all workers get the time to send one.
    if (performance.now() - this.#failedAt < 2 * heartbeatInterval) return;
    await Promise.all(this.#claims.map((each) => each.requeueLost()));
    const paused = await this.#queue.pauses.of(this.#names);
    await Promise.all(Array.from(paused, (name) => this.handBackWaiting(name)));
  }

  async #close(): Promise<void> {
    const { signal, grace = defaultGrace } = this.#options;
    await Promise.all(this.#loops.map((loop) => loop.stop()));
    const timer = new Wake();
    const late = timer.sleep(grace, signal).then(() => "late");
    if ((await Promise.race([this.#running, late])) === "late") {
      await Promise.all(this.#loops.map((loop) => loop.leave()));
      await this.#running;
    }
    timer.wake();
    signal?.removeEventListener("abort", this.#onAbort);
    this.#closed.abort();
    await this.#periodic;
    this.#ended.resolve();
  }
}

const names: NamesOf<WorkOptions> = {
  workers: true,
  signal: true,
  grace: true,
  pollInterval: true,
  callbackManager: true,
};

function checkWorkOptions(options: WorkOptions): void {
  checkNames(options, names);
  const { workers, signal, grace, pollInterval } = options;
  if (typeof workers === "object" && !(workers instanceof Semaphore)) {
    throw new TypeError(`workers must be a number or a Semaphore, not ${describeKind(workers)}`);
  }
  if (workers !== undefined && typeof workers !== "object") checkCount("workers", workers);
  checkSignal(signal);
  if (grace !== undefined) checkMilliseconds("grace", grace);
  if (pollInterval !== undefined) checkMilliseconds("pollInterval", pollInterval);
}
