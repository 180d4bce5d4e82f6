/** A job that has started and is not done. */
export interface InspectedJob {
  /** Its index among the inputs, from 0. */
  readonly index: number;
  /** Which attempt runs or comes next, from 1. */
  readonly attempt: number;
  readonly state: "running" | "waits for a permit" | "waits for another attempt";
  /** How long it has been running, in milliseconds; `undefined` unless it is running and inspection was on at its start. */
  readonly age: number | undefined;
}

/** What a rate limiter allows in any window of so many milliseconds, and what is left of it now. */
export interface InspectedBudget {
  readonly limit: number;
  /** In milliseconds. */
  readonly interval: number;
  /** Negative if requests have used more than estimated. */
  readonly free: number;
}

/** The rate limiter of a call. Calls that share one have the same object. */
export interface InspectedRate {
  /** How many requests wait, those of other calls included. */
  readonly waiting: number;
  /** How long until a request may start, in milliseconds, because the service or the program asks to wait; otherwise 0. */
  readonly pausedFor: number;
  /** How many requests the service has refused until now, those of other calls included. */
  readonly refused: number;
  readonly requests: InspectedBudget | undefined;
  readonly tokens: InspectedBudget | undefined;
  readonly inputs: InspectedBudget | undefined;
}

/** A call of `runJobs` or the like that has not ended. */
export interface InspectedCall {
  /** Its `desc`; `"jobs"` if it has none. */
  readonly desc: string;
  /** The name of the trace it is in; `undefined` outside a trace, or if inspection was off at its start. */
  readonly trace: string | undefined;
  /** How many jobs may run at once now. */
  readonly workers: number;
  /** The label of the semaphore or adaptive limiter passed as `workers`. */
  readonly semaphore: string | undefined;
  /** The rate limiter passed as `rate`. */
  readonly rate: InspectedRate | undefined;
  /** How many inputs there are: the option `total`, or the size of an array, a set or a map; otherwise `undefined`. */
  readonly total: number | undefined;
  /** How many jobs have been started, or wait for a permit to start. A job with several attempts counts once. */
  readonly started: number;
  /** How many of those have succeeded or finally failed. */
  readonly done: number;
  /** How many run now. Those that are neither done nor running wait for a permit or for another attempt. */
  readonly running: number;
  /** How long until a job may start, in milliseconds, because a service refuses or asks callers to wait; otherwise 0. */
  readonly pausedFor: number;
  /** How many requests the service has refused until now, those of calls that share the limiter or the workers included. */
  readonly refused: number;
  /** The jobs that have started and are not done. Empty while inspection is off. */
  readonly jobs: readonly InspectedJob[];
}

/** Code or a job that holds or awaits permits. */
export interface InspectedParty {
  /** The line of code that requested them, or the job, as in `"job 3"`. */
  readonly where: string;
  /** How many permits. */
  readonly permits: number;
  /** The name of its trace. */
  readonly trace: string | undefined;
  /** For how long, in milliseconds. */
  readonly age: number;
}

/** A semaphore at the time of the inspection: who holds its permits, and who waits for them. */
export interface InspectedSemaphore {
  readonly label: string;
  /** How many permits there are in all. */
  readonly permits: number;
  /** How many are free. */
  readonly available: number;
  /** How many waiters there are. */
  readonly waiting: number;
  /**
   * How many requests with its permits a service has refused until now: those of an adaptive limiter, and of jobs with `retry`
   * that have it as `workers`.
   */
  readonly refused: number;
  /** Who holds permits acquired while inspection was on, or with `detectDeadlocks`. */
  readonly holders: readonly InspectedParty[];
  /** Who began to wait while inspection was on, or with `detectDeadlocks`. */
  readonly waiters: readonly InspectedParty[];
}

/** A deadlock that was found, and ended by an error. */
export interface InspectedDeadlock {
  /** A `DeadlockError`: the same object for the same deadlock. */
  readonly error: Error;
  /** How long ago, in milliseconds. */
  readonly age: number;
}

/** What runs and waits now. */
export interface Inspection {
  /** Whether inspection is on; otherwise there are only counts and labels. */
  readonly on: boolean;
  /** The calls that have not ended. */
  readonly calls: readonly InspectedCall[];
  /** The semaphores with held permits or waiters. */
  readonly semaphores: readonly InspectedSemaphore[];
  /** The latest 20 deadlocks that detection has found, oldest first. */
  readonly deadlocks: readonly InspectedDeadlock[];
}
