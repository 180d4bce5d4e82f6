/** A job that has been started, as {@link Inspection} tells of it. */
export interface InspectedJob {
  readonly index: number;
  readonly attempt: number;
  readonly state: "running" | "waits for a permit" | "waits for another attempt";
  /** For how long, in milliseconds; `undefined` where inspection was switched on later. */
  readonly age: number | undefined;
}

/** A call of `runJobs` or the like that has not ended. */
export interface InspectedCall {
  /** Its `desc`. */
  readonly desc: string;
  /** The name of the trace it is in. */
  readonly trace: string | undefined;
  readonly workers: number;
  /** The label of the semaphore that its jobs share with those of others. */
  readonly semaphore: string | undefined;
  readonly started: number;
  readonly done: number;
  readonly running: number;
  /** For how long nothing starts, in milliseconds, as a service asks for that or refuses; 0 where it does not. */
  readonly pausedFor: number;
  /** Empty unless inspection is on. */
  readonly jobs: readonly InspectedJob[];
}

/** Who holds permits, or waits for some. */
export interface InspectedParty {
  /** A line of code, or a job. */
  readonly where: string;
  readonly permits: number;
  readonly trace: string | undefined;
  /** For how long, in milliseconds. */
  readonly age: number;
}

/** A semaphore at the moment of the inspection: who holds its permits, and who wants some. */
export interface InspectedSemaphore {
  readonly label: string;
  readonly permits: number;
  readonly available: number;
  readonly waiting: number;
  /** Empty unless inspection was on when the semaphore was made. */
  readonly holders: readonly InspectedParty[];
  readonly waiters: readonly InspectedParty[];
}

/** What runs and waits now. */
export interface Inspection {
  /** Whether inspection is on; else there are counts and labels only. */
  readonly on: boolean;
  readonly calls: readonly InspectedCall[];
  readonly semaphores: readonly InspectedSemaphore[];
}

/** What tells of itself. */
interface Inspectable<R> {
  inspect(now: number): R;
}

interface InspectionState {
  on: boolean;
  readonly calls: Set<Inspectable<InspectedCall>>;
  readonly semaphores: Set<WeakRef<Inspectable<InspectedSemaphore>>>;
  /** Grows whenever a job starts or ends, or a permit is granted: standing still is how a hang looks. */
  moves: number;
}

/** One state for a process, also when the package is loaded twice. */
const key = Symbol.for("@llx/async/inspection/1");

export const inspection: InspectionState = ((globalThis as Record<symbol, unknown>)[key] ??= {
  on: Boolean(process.env["LLX_INSPECT"]),
  calls: new Set(),
  semaphores: new Set(),
  moves: 0,
} satisfies InspectionState) as InspectionState;

const collected = new FinalizationRegistry<WeakRef<Inspectable<InspectedSemaphore>>>((reference) =>
  inspection.semaphores.delete(reference),
);

/** Lets a semaphore be seen for as long as somebody uses it. */
export function registerSemaphore(semaphore: Inspectable<InspectedSemaphore>): void {
  const reference = new WeakRef(semaphore);
  inspection.semaphores.add(reference);
  collected.register(semaphore, reference);
}
