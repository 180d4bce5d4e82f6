/** The version of the format that this package writes and reads. A change that old readers would misread raises it. */
export const recordVersion = 1;

/** The first line of every record. */
export interface RecordHead {
  readonly kind: "record";
  readonly version: number;
  /** When the record was begun: milliseconds since 1970, as are all times. */
  readonly time: number;
}

/** A process or thread whose events follow. */
export interface ProcessRecord {
  readonly kind: "process";
  /** The id of the process, and of the thread if it is not the main one: `"4711"`, `"4711/2"`. */
  readonly source: string;
  /** The name of the program's file, without its folder and arguments. */
  readonly program: string;
  /** The version of Node.js. */
  readonly node: string;
  readonly time: number;
}

/** What was thrown. Its message is cut, and what looks like a key in it is masked. */
export interface RecordedError {
  readonly name: string;
  readonly message: string;
}

/** How an event began. */
interface BeginningOfEvent {
  /** 16 hexadecimal digits. */
  readonly id: string;
  readonly type: string;
  /** The id of its trace: 32 hexadecimal digits. */
  readonly trace: string;
  /** The id of the event around it. */
  readonly parent?: string;
  /** The name of the trace, on events without a parent. */
  readonly traceName?: string;
  readonly time: number;
  readonly tags?: Readonly<Record<string, string>>;
  /** Facts; texts and the like are under `content`, and only where they were asked for. */
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** How an event ended. */
interface EndOfEvent {
  readonly status: "ok" | "error" | "aborted";
  readonly endPayload?: Readonly<Record<string, unknown>>;
  /** On the event where it was thrown. */
  readonly error?: RecordedError;
  /** On the events that the error passed through: the event that has it. */
  readonly errorFrom?: string;
}

/** An event that was still open when the line was written. */
export interface StartRecord extends BeginningOfEvent {
  readonly kind: "start";
}

/** The end of an event whose start has a line of its own. */
export interface EndRecord extends EndOfEvent {
  readonly kind: "end";
  readonly id: string;
  readonly time: number;
}

/** An event that ended soon: its start and its end in one line. */
export interface EventRecord extends BeginningOfEvent, EndOfEvent {
  readonly kind: "event";
  readonly end: number;
}

/** A job that runs or waits. */
export interface RecordedJob {
  readonly index: number;
  readonly attempt: number;
  readonly state: "running" | "waits for a permit" | "waits for another attempt";
  /** Milliseconds; absent for a job that is not running. */
  readonly age?: number;
}

/** A call of `runJobs` or the like. */
export interface RecordedCall {
  readonly desc: string;
  readonly trace?: string;
  readonly workers: number;
  /** The label of the semaphore or limiter that is passed as `workers`. */
  readonly semaphore?: string;
  readonly started: number;
  readonly done: number;
  readonly running: number;
  /** How many inputs there are, where that is known. */
  readonly total?: number;
  /** Milliseconds until a job may start, where a service refuses or asks to wait; otherwise 0. */
  readonly pausedFor: number;
  /** How many requests the service has refused until now, those of calls that share the limiter or the workers included. */
  readonly refused?: number;
  /** The first of those that run or wait: at most 50. */
  readonly jobs: readonly RecordedJob[];
}

/** Code or a job that holds or awaits permits. */
export interface RecordedParty {
  readonly where: string;
  readonly permits: number;
  readonly trace?: string;
  /** Milliseconds. */
  readonly age: number;
}

/** A semaphore, or the semaphore of an adaptive limiter, with permits in use or waiters. */
export interface RecordedSemaphore {
  readonly label: string;
  readonly permits: number;
  readonly available: number;
  readonly waiting: number;
  /** How many requests with its permits a service has refused until now, where jobs or the limiter tell. */
  readonly refused?: number;
  /** At most 20 of each. */
  readonly holders: readonly RecordedParty[];
  readonly waiters: readonly RecordedParty[];
}

/** What a rate limiter allows in a window, and what is left of it. */
export interface RecordedBudget {
  readonly limit: number;
  /** Milliseconds. */
  readonly interval: number;
  readonly free: number;
}

/** A rate limiter of calls that run. */
export interface RecordedRate {
  /** The `desc` of the first of those calls. */
  readonly label: string;
  readonly waiting: number;
  /** Milliseconds until a request may start, where the service or the program asks to wait; otherwise 0. */
  readonly pausedFor: number;
  /** How many requests the service has refused until now. */
  readonly refused?: number;
  readonly requests?: RecordedBudget;
  readonly tokens?: RecordedBudget;
  readonly inputs?: RecordedBudget;
}

/** What ran and waited in a process at one moment; several a second while something does. */
export interface StateRecord {
  readonly kind: "state";
  readonly source: string;
  readonly time: number;
  readonly calls: readonly RecordedCall[];
  readonly semaphores: readonly RecordedSemaphore[];
  /** Absent without any. */
  readonly rates?: readonly RecordedRate[];
}

/** Nothing has moved for a while: the report of `watchStalls`. */
export interface StallRecord {
  readonly kind: "stall";
  readonly source: string;
  readonly time: number;
  readonly report: string;
}

/** A deadlock was found, and the last waiter was rejected. */
export interface DeadlockRecord {
  readonly kind: "deadlock";
  readonly source: string;
  readonly time: number;
  /** That of the `DeadlockError`: who holds and who waits. */
  readonly message: string;
}

/** A process warning with a code of these packages, such as `LLX_JOBS_ABANDONED`. */
export interface WarningRecord {
  readonly kind: "warning";
  readonly source: string;
  readonly time: number;
  readonly code: string;
  readonly message: string;
}

/** Events that came faster than a page is told of them, and are in no line. */
export interface SkippedRecord {
  readonly kind: "skipped";
  readonly source: string;
  readonly time: number;
  readonly count: number;
}

/** What models cost for 1,000,000 tokens, in a currency that the record does not name. */
export interface PricesRecord {
  readonly kind: "prices";
  readonly prices: Readonly<Record<string, { readonly input: number; readonly output?: number }>>;
}

/** A process or the program has ended. */
export interface ExitRecord {
  readonly kind: "exit";
  /** Absent for the program as a whole. */
  readonly source?: string;
  readonly time: number;
  /** Its exit code, or the signal that ended it. */
  readonly code: number | string;
}

/** One line of a record. A reader ignores kinds and fields that it does not know. */
export type DevtoolsRecord =
  | RecordHead
  | ProcessRecord
  | StartRecord
  | EndRecord
  | EventRecord
  | StateRecord
  | StallRecord
  | DeadlockRecord
  | WarningRecord
  | SkippedRecord
  | PricesRecord
  | ExitRecord;
