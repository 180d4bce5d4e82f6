import { isMainThread, threadId } from "node:worker_threads";
import { checkCount, checkNames, type NamesOf } from "@llx/support";
import type { CallbackHandler, Capture } from "../contract/callback-handler.ts";
import { checkFilters } from "../contract/check-filters.ts";
import { type ChromeTrace, toChromeTrace } from "./chrome-trace.ts";
import { EventLog } from "./event-log.ts";
import type { AnyEventEnd, AnyEventStart, EventEnd, EventStart } from "../contract/event.ts";
import type { EventType } from "../contract/event-type.ts";
import { deserializeEvent, serializeEvent, type SerializedEvent } from "../traces/serialized-event.ts";
import { type EventTimeInfo, timeInfo } from "./time-info.ts";
import type { TraceInfo } from "../contract/trace-info.ts";
import { callSite, captureStack } from "../support/call-site.ts";
import { type Sink, printTraceTree } from "./trace-tree.ts";
import { warnOfOutput } from "./warn-of-output.ts";

/** How much a {@link DebugHandler} keeps, and where it prints. */
export interface DebugHandlerOptions {
  /** How many events are kept; the oldest are dropped first. Default 10,000. */
  readonly maxEvents?: number | undefined;
  /** Prints the tree of each trace when it ends. Default `false`. */
  readonly printTraceOnEnd?: boolean | undefined;
  /** Where trees are printed. Default: stderr. */
  readonly sink?: Sink | undefined;
  /** `"full"` keeps texts, prompts and vectors too. Default `"sizes"`. */
  readonly capture?: Capture | undefined;
  /**
   * Records where each event is started, and prints at the end of a trace where those were that are still open. Costs some
   * microseconds for each event. Default `false`.
   */
  readonly stacks?: boolean | undefined;
  readonly ignoreEventStarts?: readonly EventType[] | undefined;
  readonly ignoreEventEnds?: readonly EventType[] | undefined;
}

const names: NamesOf<DebugHandlerOptions> = {
  maxEvents: true,
  printTraceOnEnd: true,
  sink: true,
  capture: true,
  stacks: true,
  ignoreEventStarts: true,
  ignoreEventEnds: true,
};

/** A start or an end as the handler received it. */
export type LoggedEvent<T extends EventType = EventType> =
  | { readonly phase: "start"; readonly event: AnyEventStart<T> }
  | { readonly phase: "end"; readonly event: AnyEventEnd<T> };

/** The start and the end of one event. */
export type EventPair<T extends EventType = EventType> = readonly [AnyEventStart<T>, AnyEventEnd<T>];

/** An event that has not ended. */
export interface OpenEventInfo<T extends EventType = EventType> {
  readonly event: AnyEventStart<T>;
  /** The line of code that started it, with the option `stacks`. */
  readonly startedAt: string | undefined;
}

/** What a {@link DebugHandler} holds, as plain data. */
export interface DebugSnapshot {
  /** The thread or process of the handler. */
  readonly source: string;
  /** In the order they started. */
  readonly events: readonly SerializedEvent[];
  /** Events that were dropped for later ones. */
  readonly dropped: number;
}

/** Keeps the latest events, in bounded memory, and shows what happened: pairs, time statistics, a tree. */
export class DebugHandler implements CallbackHandler {
  readonly name = "DebugHandler";
  readonly capture: Capture;
  readonly ignoreEventStarts: readonly EventType[];
  readonly ignoreEventEnds: readonly EventType[];
  readonly #log: EventLog;
  readonly #printTraceOnEnd: boolean;
  readonly #sink: Sink;
  /** The time of the first event the handler received. Of an earlier event it keeps the end alone. */
  #since: number | undefined;
  /** Where open events were started, at most as many as are kept; with `stacks`. */
  readonly #stacks: Map<object, { readonly stack?: string }> | undefined;
  readonly #maxEvents: number;
  /** The sources of merged events. */
  readonly #sources = new WeakMap<object, string>();

  /**
   * @throws RangeError for a `maxEvents` that is not a whole number from 1; TypeError for a `sink` without `write`, and for an
   *   unknown option or one of a wrong kind
   */
  constructor(options: DebugHandlerOptions = {}) {
    checkNames(options, names);
    const { maxEvents = 10_000 } = options;
    checkCount("maxEvents", maxEvents);
    checkFilters(options);
    const { sink = process.stderr } = options;
    if (typeof sink?.write !== "function") {
      throw new TypeError("sink must have a write method, such as process.stdout");
    }
    this.#log = new EventLog(maxEvents);
    this.#maxEvents = maxEvents;
    this.#stacks = options.stacks ? new Map() : undefined;
    this.capture = options.capture ?? "sizes";
    this.ignoreEventStarts = options.ignoreEventStarts ?? [];
    this.ignoreEventEnds = options.ignoreEventEnds ?? [];
    this.#printTraceOnEnd = options.printTraceOnEnd ?? false;
    this.#sink = sink;
  }

  /** Events that were dropped to make room for later ones. */
  get dropped(): number {
    return this.#log.dropped;
  }

  onEventStart(event: AnyEventStart): void {
    this.#since ??= event.startTime;
    this.#log.add(event as AnyEventEnd);
    if (this.#stacks !== undefined && this.#stacks.size < this.#maxEvents) {
      this.#stacks.set(event, captureStack());
    }
  }

  onEventEnd(event: AnyEventEnd): void {
    this.#since ??= event.endTime;
    this.#stacks?.delete(event);
    // If its start is in the log, it is the same object.
    if (!this.#hasStart(event)) this.#log.add(event);
  }

  endTrace(trace: TraceInfo): void {
    if (this.#printTraceOnEnd) this.printTraceMap({ traceId: trace.id });
    for (const event of (this.#stacks?.keys() ?? []) as Iterable<AnyEventStart>) {
      if (event.traceId === trace.id) this.#printOpen(event);
    }
  }

  /** Starts and ends in the order they happened, of one type or of all. */
  getEvents<T extends EventType = EventType>(type?: T): LoggedEvent<T>[] {
    const events = this.#events(type);
    const starts = events.filter((event) => this.#hasStart(event));
    const ends = events.filter((event) => this.#hasEnd(event));
    return [
      ...starts.map((event) => ({ time: event.startTime, phase: "start" as const, event })),
      ...ends.map((event) => ({ time: event.endTime, phase: "end" as const, event })),
    ]
      .sort((a, b) => a.time - b.time)
      .map(({ phase, event }) => ({ phase, event }));
  }

  /** Starts and ends of the events that have both, in the order they started. */
  getEventPairs<T extends EventType = EventType>(type?: T): EventPair<T>[] {
    return this.#events(type)
      .filter((event) => this.#hasEnd(event) && this.#hasStart(event))
      .map((event): EventPair<T> => [event, event]);
  }

  /** Events that have started and not ended, of one type or of all. */
  getOpenEvents<T extends EventType = EventType>(type?: T): OpenEventInfo<T>[] {
    return this.#events(type)
      .filter(({ duration }) => Number.isNaN(duration))
      .map((event) => ({ event, startedAt: this.#startedAt(event) }));
  }

  /** Events that ended as `"error"` or as `"aborted"`, of one type or of all. */
  getFailedEvents<T extends EventType = EventType>(type?: T): AnyEventEnd<T>[] {
    return this.#events(type).filter((event) => this.#hasEnd(event) && event.status !== "ok");
  }

  /** How long the events of one type, or all, took. */
  getEventTimeInfo(type?: EventType): EventTimeInfo {
    const ended = this.#events(type).filter((event) => this.#hasEnd(event));
    const errors = ended.filter(({ status }) => status === "error").length;
    return timeInfo(
      ended.map(({ duration }) => duration),
      errors,
    );
  }

  /** Starts and ends of the `llm` events: inputs and outputs. */
  getLlmInputsOutputs(): EventPair<"llm">[] {
    return this.getEventPairs("llm");
  }

  /** Prints the tree of one trace, or of all that are kept. */
  printTraceMap(options: { readonly traceId?: string | undefined } = {}): void {
    checkNames(options, { traceId: true });
    const { traceId } = options;
    const events = this.#events().filter((event) => traceId === undefined || event.traceId === traceId);
    printTraceTree(events, this.#sink, this.#log.dropped);
  }

  /** The kept events as plain data: for `JSON.stringify`, or to merge in another thread or process. */
  toJSON(): DebugSnapshot {
    return { source: ownSource(), events: this.#events().map(serializeEvent), dropped: this.#log.dropped };
  }

  /** Adds the events of a handler in another thread or process; one tree shows both. */
  merge(snapshot: DebugSnapshot): void {
    for (const serialized of snapshot.events) {
      const event = deserializeEvent(serialized);
      this.#sources.set(event, snapshot.source);
      this.#log.add(event);
    }
    this.#log.dropped += snapshot.dropped;
  }

  /** For Perfetto, chrome://tracing or speedscope: write it to a file as JSON, and open the file. */
  toChromeTrace(): ChromeTrace {
    return toChromeTrace(this.#events(), (event) => this.#sources.get(event) ?? ownSource());
  }

  /** Removes all events. */
  flushEventLogs(): void {
    this.#log.clear();
    this.#stacks?.clear();
  }

  #startedAt(event: object): string | undefined {
    const stack = this.#stacks?.get(event);
    return stack && callSite(stack);
  }

  #printOpen(event: AnyEventStart): void {
    const { type, traceName } = event;
    const where = this.#startedAt(event);
    const line = `${type} is still open at the end of the trace ${traceName}${where === undefined ? "" : `; it was started at ${where}`}\n`;
    warnOfOutput(this.#sink, this.#sink.write(line));
  }

  #events<T extends EventType = EventType>(type?: T): AnyEventEnd<T>[] {
    const events = this.#log.events().filter((event) => type === undefined || event.type === type);
    return events.sort((a, b) => a.startTime - b.startTime) as AnyEventEnd<T>[];
  }

  #hasStart(event: Pick<EventStart, "type" | "startTime">): boolean {
    if (this.ignoreEventStarts.length > 0 && this.ignoreEventStarts.includes(event.type)) return false;
    return event.startTime >= (this.#since ?? 0) || this.#sources.has(event);
  }

  #hasEnd({ type, duration }: Pick<EventEnd, "type" | "duration">): boolean {
    return !Number.isNaN(duration) && !this.ignoreEventEnds.includes(type);
  }
}

function ownSource(): string {
  return isMainThread ? `process ${process.pid}` : `process ${process.pid}, thread ${threadId}`;
}
