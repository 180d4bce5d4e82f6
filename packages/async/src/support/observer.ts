/** A caller that requests permits from a semaphore. */
export interface Asker {
  /** It has received permits. */
  hold(permits: number): Holding;
  /**
   * It waits for permits.
   *
   * @param ends whether the wait has a time-out
   * @param refuse ends the wait with an error
   * @returns what to call when the wait is over
   */
  wait(permits: number, ends: boolean, refuse: (error: unknown) => void): () => void;
}

/** Held permits. */
export interface Holding {
  /** Runs the body that holds the permits. */
  run<R>(body: () => R): R;
  /** The permits are released. */
  end(): void;
}

/** Follows who holds permits of one semaphore and who waits for them. */
export interface SemaphoreWatch {
  /** The current caller; `undefined` while it is not tracked. */
  asker(): Asker | undefined;
}

/** The state that a semaphore exposes. */
export interface ObservedSemaphore {
  readonly label: string;
  readonly permits: number;
  readonly available: number;
  readonly waiting: number;
  readonly refused: number;
}

/** What a rate limiter allows in a window, and what is left of it. */
interface ObservedBudget {
  readonly limit: number;
  readonly interval: number;
  readonly free: number;
}

/** The state that a rate limiter exposes. */
export interface ObservedRate {
  readonly state: {
    readonly waiting: number;
    readonly pausedFor: number;
    readonly refused: number;
    readonly requests: ObservedBudget | undefined;
    readonly tokens: ObservedBudget | undefined;
    readonly inputs: ObservedBudget | undefined;
  };
}

/** An attempt at a job. */
export interface ObservedJob {
  readonly index: number;
  readonly attempt: number;
}

/** The parts of a run that know its jobs. */
export interface ObservedParts {
  readonly options: {
    readonly desc?: string | undefined;
    readonly workers?: number | { readonly label: string | undefined } | undefined;
    readonly rate?: ObservedRate | undefined;
  };
  /** How many jobs may run at once now. */
  readonly workers: number;
  /** How many inputs there are, where that is known. */
  readonly total: number | undefined;
  readonly started: number;
  readonly running: readonly ObservedJob[];
  readonly admission: {
    readonly asking: ObservedJob | undefined;
    readonly pausedFor: number;
    readonly refusals: number;
  };
  readonly retries:
    | {
        jobs(): readonly { readonly index: number; readonly earlier: { readonly attempts: number } }[];
        readonly pausedFor: number;
      }
    | undefined;
}

/** A call of `runJobs` or the like. */
export interface ObservedRun {
  parts(): ObservedParts;
}

/** Follows one run. */
export interface RunWatch {
  /** An attempt at a job starts. */
  jobStarted(job: ObservedJob): void;
  jobSettled(job: ObservedJob): void;
  ended(): void;
}

/** Watches all runs and semaphores of the process. */
export interface Observer {
  /** A run begins. */
  run(run: ObservedRun): RunWatch;
  /** A semaphore is used for the first time since the observer was set. Returns its watch: the given one, if any. */
  semaphore(semaphore: ObservedSemaphore, watch: SemaphoreWatch | undefined): SemaphoreWatch;
  /** Permits were granted. */
  moved(): void;
  /** A deadlock was found, and is ended with this error. */
  deadlocked(error: Error): void;
}

interface Observation {
  observer: Observer | undefined;
  /** Whether the package creates a promise of its own: see `internally`. */
  internal: boolean;
  /** The index of the job that asks for permits: see `askFor`. */
  job: number | undefined;
}

/** One per process, even if the package is loaded twice: the observer may belong to another copy than what it observes. */
const key = Symbol.for("@llx/async/observation/1");

/** The slot for an observer, which `@llx/async/debug` fills, and what it is told of who asks. */
export const observation: Observation = ((globalThis as Record<symbol, unknown>)[key] ??= {
  observer: undefined,
  internal: false,
  job: undefined,
} satisfies Observation) as Observation;
