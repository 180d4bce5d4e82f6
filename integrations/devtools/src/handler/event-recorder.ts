import { basename } from "node:path";
import { isMainThread, threadId } from "node:worker_threads";
import type { AnyEventEnd, AnyEventStart } from "@llx/callbacks";
import { enableInspection, inspectJobs, watchStalls } from "@llx/async/debug";
import { masked } from "./bounded-value.ts";
import type { DevtoolsRecord, StateRecord } from "../record/devtools-record.ts";
import type { RecordLog } from "../record/record-log.ts";
import { lineOfEnd, lineOfEvent, lineOfStart } from "./event-lines.ts";
import { LatestEvents } from "./latest-events.ts";
import { now, programState } from "./program-state.ts";

/** How often lines are written, in milliseconds, and after how many of those times the state is. */
const interval = 100;
const stateEvery = 2;
/** How many events a page is told of in one interval; with a complete record, how many wait to be written. */
const mostWritten = 2_000;
const mostPending = 5_000;
/** How many reports and warnings are kept for those who look later. */
const mostNotes = 100;

/** How much of the events an {@link EventRecorder} writes. */
export interface RecorderOptions {
  /** How many of the latest events are kept while nobody looks. */
  readonly maxEvents: number;
  /** After how long it is a stall that nothing moves, in milliseconds. */
  readonly stallAfter: number;
  /** Whether every event is written, however fast they come. */
  readonly isComplete: boolean;
}

/**
 * Turns the events of this process into lines of a record, while there is one. While there is none, it only keeps the latest, as
 * a `DebugHandler` does.
 */
export class EventRecorder {
  readonly source: string = isMainThread ? `${process.pid}` : `${process.pid}/${threadId}`;
  readonly #options: RecorderOptions;
  readonly #latest: LatestEvents | undefined;
  readonly #notes: DevtoolsRecord[] = [];
  readonly #stalls: Disposable;
  /** Those that were noted. */
  readonly #deadlocks = new WeakSet<Error>();
  #log: (() => RecordLog) | undefined;
  /** Events that have started since the last write. */
  #started: AnyEventEnd[] = [];
  /** Events that have ended since, and started before. */
  #ended: AnyEventEnd[] = [];
  #writtenUntil = Number.NEGATIVE_INFINITY;
  #since = Number.POSITIVE_INFINITY;
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #wasBusy = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#latest = options.isComplete ? undefined : new LatestEvents(options.maxEvents);
    this.#stalls = watchStalls({
      after: options.stallAfter,
      sink: {
        write: (report: string) =>
          this.#note({ kind: "stall", source: this.source, time: now(), report: report.trimEnd() }),
      },
    });
    process.on("warning", this.#onWarning);
  }

  /** Whether any event has started. */
  get hasSeenEvents(): boolean {
    return this.#since !== Number.POSITIVE_INFINITY;
  }

  start(event: AnyEventStart): void {
    const { startTime } = event;
    if (startTime < this.#since) this.#since = startTime;
    this.#latest?.add(event as AnyEventEnd);
    if (this.#log === undefined) return;
    this.#started.push(event as AnyEventEnd);
    if (this.#started.length >= mostPending) this.#makeRoom();
  }

  end(event: AnyEventEnd): void {
    if (this.#log === undefined || event.startTime > this.#writtenUntil) return;
    // An event that started before the handler was there has no start to be found.
    if (event.startTime < this.#since) return;
    this.#ended.push(event);
    if (this.#ended.length >= mostPending) this.#makeRoom();
  }

  /**
   * Writes from now on, beginning with the latest events.
   *
   * @param log is asked for with the first line, and again with each later one: it may change
   */
  attach(log: () => RecordLog): void {
    this.#log = log;
    enableInspection();
    this.#timer = setInterval(() => this.#tick(), interval).unref();
  }

  /** Writes no more. */
  detach(): void {
    this.flush();
    clearInterval(this.#timer);
    this.#log = undefined;
    this.#started = [];
    this.#ended = [];
  }

  /** The lines with which a log begins: this process, and the latest events. */
  beginning(): string[] {
    const program = basename(process.argv[1] ?? "node");
    const head: DevtoolsRecord = {
      kind: "process",
      source: this.source,
      program,
      node: process.version,
      time: performance.timeOrigin,
    };
    const lines = [head, ...this.#notes].map((record) => JSON.stringify(record));
    if (this.#latest === undefined) return lines;
    if (this.#latest.dropped > 0) lines.push(this.#lineOfSkipped(this.#latest.dropped));
    this.#writtenUntil = now();
    this.#started = [];
    this.#ended = [];
    for (const event of this.#latest.all()) lines.push(lineOf(event));
    return lines;
  }

  /** Writes what has happened since the last time. */
  flush(): void {
    if (this.#log === undefined) return;
    const { isComplete } = this.#options;
    const started = this.#started;
    const ended = this.#ended;
    if (started.length + ended.length + this.#skipped === 0) return;
    this.#writtenUntil = now();
    this.#started = [];
    this.#ended = [];
    const lines: string[] = [];
    const kept = isComplete ? started.length : Math.min(started.length, mostWritten);
    for (let index = 0; index < kept; index++) lines.push(lineOf(started[index]!));
    for (const event of ended) lines.push(lineOfEnd(event));
    const skipped = this.#skipped + started.length - kept;
    this.#skipped = 0;
    if (skipped > 0) lines.push(this.#lineOfSkipped(skipped));
    this.#write(lines);
  }

  /** The end of the process. */
  exit(code: number | string): void {
    this.flush();
    if (this.#log === undefined) return;
    this.#write([JSON.stringify(this.#inspect())]);
    this.#write([
      JSON.stringify({ kind: "exit", source: this.source, time: now(), code } satisfies DevtoolsRecord),
    ]);
  }

  close(): void {
    this.detach();
    this.#stalls[Symbol.dispose]();
    process.off("warning", this.#onWarning);
  }

  #tick(): void {
    this.flush();
    if (this.#ticks++ % stateEvery !== 0) return;
    const state = this.#inspect();
    const isBusy = state.calls.length > 0 || state.semaphores.length > 0;
    // The first state without anything says that all is over.
    if (isBusy || this.#wasBusy) this.#write([JSON.stringify(state)]);
    this.#wasBusy = isBusy;
  }

  /** Notes the deadlocks since the last time, which may be outside of any event, and returns what runs and waits. */
  #inspect(): StateRecord {
    const inspection = inspectJobs();
    for (const { error, age } of inspection.deadlocks) {
      if (this.#deadlocks.has(error)) continue;
      this.#deadlocks.add(error);
      this.#note({
        kind: "deadlock",
        source: this.source,
        time: now() - age,
        message: masked(error.message),
      });
    }
    return programState(this.source, inspection);
  }

  /** A complete record waits for nothing; of others, the rest is counted until the next interval. */
  #makeRoom(): void {
    if (this.#options.isComplete || this.#ended.length >= mostPending) return this.flush();
    this.#skipped += this.#started.length - mostWritten;
    this.#started.length = mostWritten;
  }

  #lineOfSkipped(count: number): string {
    return JSON.stringify({
      kind: "skipped",
      source: this.source,
      time: now(),
      count,
    } satisfies DevtoolsRecord);
  }

  #note(record: DevtoolsRecord): void {
    if (this.#notes.length === mostNotes) this.#notes.shift();
    this.#notes.push(record);
    if (this.#log !== undefined) this.#write([JSON.stringify(record)]);
  }

  readonly #onWarning = (warning: Error & { readonly code?: unknown }): void => {
    const { code } = warning;
    if (typeof code !== "string" || !code.startsWith("LLX_")) return;
    this.#note({ kind: "warning", source: this.source, time: now(), code, message: warning.message });
  };

  #write(lines: readonly string[]): void {
    try {
      this.#log?.().write(lines);
    } catch (error) {
      this.#log = undefined;
      clearInterval(this.#timer);
      process.emitWarning(`the record cannot be written any more: ${String(error)}`, {
        type: "DevtoolsRecordFailed",
        code: "LLX_DEVTOOLS_RECORD",
      });
    }
  }
}

function lineOf(event: AnyEventEnd): string {
  return Number.isNaN(event.duration) ? lineOfStart(event) : lineOfEvent(event);
}
