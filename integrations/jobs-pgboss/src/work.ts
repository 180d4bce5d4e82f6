import { type AsyncClosable, Closing, Semaphore } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import { Claims } from "./claims.ts";
import { checkCount, checkMilliseconds, checkOptions, checkSignal, describe } from "./checks.ts";
import type { AnyJob } from "./define-job.ts";
import { JobLoop } from "./job-loop.ts";
import type { OpenDatabase } from "./open-database.ts";
import { Wake } from "./wake.ts";

/** How many jobs a worker runs at once, and how it ends. */
export interface WorkOptions {
  /** How many jobs run at once: a number, by default 4, or a `Semaphore` that is shared with others. */
  readonly workers?: number | Semaphore | undefined;
  /** Its abort closes the worker without grace: what runs is handed back at once. */
  readonly signal?: AbortSignal | undefined;
  /** How long closing waits for what runs, in milliseconds, before it is handed back. Default 5,000. */
  readonly grace?: number | undefined;
  /** How often to look for jobs that other processes have enqueued, in milliseconds. Default 500. */
  readonly pollInterval?: number | undefined;
  /** Is told of an `async_job` event for each attempt. Default: the manager of the current trace. */
  readonly callbackManager?: CallbackManager | undefined;
}

/** Runs jobs until it is closed. */
export interface JobWorker extends AsyncClosable {
  /**
   * Ends when none of its jobs waits or runs any more, here or elsewhere. The worker goes on.
   *
   * @throws the signal's reason; Error where the worker is closed
   */
  idle(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Ends when the worker has been closed. */
  readonly done: Promise<void>;
  /** Takes no more, finishes what runs within `grace`, and hands back the rest: others take it at once. */
  aclose(): Promise<void>;
}

/** What a worker needs of its queue. */
export interface WorkPlace {
  readonly database: OpenDatabase;
  readonly schema: string;
  /** Makes a kind of job known to the database. */
  ready(job: AnyJob): Promise<void>;
  /** Whether jobs of these names wait or run. */
  left(names: readonly string[]): Promise<boolean>;
  readonly arrivals: Wake;
  readonly finishes: Wake;
  warn(error: unknown): void;
}

const defaultWorkers = 4;
const defaultGrace = 5_000;
const defaultPollInterval = 500;
/** Milliseconds between heartbeats: three chances within the 10 seconds after which a job counts as lost. */
const heartbeatInterval = 3_000;
/** Milliseconds between two looks for jobs that are lost. */
const supervisionInterval = 1_000;

/** @throws TypeError or RangeError for what cannot be, at once */
export function startWork(jobs: readonly AnyJob[], options: WorkOptions, place: WorkPlace): JobWorker {
  checkWorkOptions(options);
  if (jobs.length === 0) throw new RangeError("work() needs at least one job");
  if (new Set(jobs.map(({ name }) => name)).size < jobs.length) {
    throw new RangeError("work() was given two jobs of one name");
  }
  return new Work(jobs, options, place);
}

class Work implements JobWorker {
  readonly done: Promise<void>;
  readonly #place: WorkPlace;
  readonly #names: readonly string[];
  readonly #claims: readonly Claims[];
  readonly #loops: readonly JobLoop[];
  /** Ends when nothing runs any more. */
  readonly #running: Promise<unknown>;
  /** Heartbeats and supervision. */
  readonly #rounds: Promise<unknown>;
  readonly #options: WorkOptions;
  readonly #closing = new Closing("the job worker", () => this.#close());
  readonly #closed = new AbortController();
  /** When the database last failed. */
  #failedAt = Number.NEGATIVE_INFINITY;
  readonly #end: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(jobs: readonly AnyJob[], options: WorkOptions, place: WorkPlace) {
    const { workers = defaultWorkers, grace = defaultGrace, pollInterval = defaultPollInterval } = options;
    const { callbackManager, signal } = options;
    this.#place = place;
    this.#options = options;
    this.#names = jobs.map(({ name }) => name);
    this.done = this.#end.promise;
    // Several kinds of jobs share the workers; one alone needs no semaphore.
    const shared = typeof workers === "number" && jobs.length > 1 ? new Semaphore(workers) : workers;
    const { arrivals, finishes, warn } = place;
    const loop = { workers: shared, grace, pollInterval, callbackManager, arrivals, finishes, warn };
    this.#claims = jobs.map((job) => new Claims(place.database, place.schema, job));
    this.#loops = jobs.map((job, at) => new JobLoop(job, this.#claims[at]!, loop));
    this.#running = Promise.all(jobs.map((job, at) => this.#loops[at]!.run(() => place.ready(job))));
    this.#rounds = Promise.all([
      this.#every(heartbeatInterval, () => Promise.all(this.#loops.map((each) => each.beat()))),
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

  async idle({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkSignal(signal);
    const { finishes, left } = this.#place;
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

  readonly #onAbort = (): void => {
    void this.aclose();
  };

  async #every(interval: number, round: () => Promise<unknown>): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- round after round
        await round();
      } catch (error) {
        this.#failedAt = performance.now();
        this.#place.warn(error);
      }
      // oxlint-disable-next-line no-await-in-loop
      await new Wake().sleep(interval, signal);
    }
  }

  async #supervise(): Promise<void> {
    // A database that comes back has heard of nobody for a while: first all have their chance.
    if (performance.now() - this.#failedAt < 2 * heartbeatInterval) return;
    await Promise.all(this.#claims.map((each) => each.takeFromTheDead()));
  }

  async #close(): Promise<void> {
    const { signal, grace = defaultGrace } = this.#options;
    await Promise.all(this.#loops.map((loop) => loop.stop()));
    const patience = new Wake();
    const late = patience.sleep(grace, signal).then(() => "late");
    if ((await Promise.race([this.#running, late])) === "late") {
      await Promise.all(this.#loops.map((loop) => loop.leave()));
      await this.#running;
    }
    patience.wake();
    signal?.removeEventListener("abort", this.#onAbort);
    this.#closed.abort();
    await this.#rounds;
    this.#end.resolve();
  }
}

function checkWorkOptions(options: WorkOptions): void {
  checkOptions(options);
  const { workers, signal, grace, pollInterval } = options;
  if (typeof workers === "object" && !(workers instanceof Semaphore)) {
    throw new TypeError(`workers must be a number or a Semaphore, not ${describe(workers)}`);
  }
  if (workers !== undefined && typeof workers !== "object") checkCount("workers", workers);
  checkSignal(signal);
  if (grace !== undefined) checkMilliseconds("grace", grace);
  if (pollInterval !== undefined) checkMilliseconds("pollInterval", pollInterval);
}
