import type { CallbackHandler, Capture } from "./callback-handler.ts";
import { EventLog } from "./event-log.ts";
import type { AnyEventEnd, AnyEventStart } from "./event-record.ts";
import type { EventType } from "./event-type.ts";
import { type EventTimeInfo, timeInfo } from "./time-info.ts";
import type { TraceInfo } from "./trace.ts";
import { type Sink, printTraceTree } from "./trace-tree.ts";

export interface DebugHandlerOptions {
  /** How many events are kept; the oldest go first. Default 10,000. */
  readonly maxEvents?: number;
  /** Prints the tree of each trace when it ends. Default `false`. */
  readonly printTraceOnEnd?: boolean;
  /** Where trees are printed. Default: stderr. */
  readonly sink?: Sink;
  /** `"full"` keeps texts, prompts and vectors too. Default `"sizes"`. */
  readonly capture?: Capture;
  readonly ignoreEventStarts?: readonly EventType[];
  readonly ignoreEventEnds?: readonly EventType[];
}

/** A start or an end as the handler was told of it. */
export type LoggedEvent =
  | { readonly phase: "start"; readonly event: AnyEventStart }
  | { readonly phase: "end"; readonly event: AnyEventEnd };

/** Keeps the latest events, in bounded memory, and tells what happened: pairs, time statistics, a tree. */
export class DebugHandler implements CallbackHandler {
  readonly name = "DebugHandler";
  readonly capture: Capture;
  readonly ignoreEventStarts: readonly EventType[];
  readonly ignoreEventEnds: readonly EventType[];
  readonly #log: EventLog;
  readonly #printTraceOnEnd: boolean;
  readonly #sink: Sink;

  /** @throws RangeError for a `maxEvents` that is no whole number from 1 */
  constructor(options: DebugHandlerOptions = {}) {
    const { maxEvents = 10_000 } = options;
    if (!Number.isSafeInteger(maxEvents) || maxEvents < 1) {
      throw new RangeError(`maxEvents must be a whole number from 1, not ${String(maxEvents)}`);
    }
    this.#log = new EventLog(2 * maxEvents);
    this.capture = options.capture ?? "sizes";
    this.ignoreEventStarts = options.ignoreEventStarts ?? [];
    this.ignoreEventEnds = options.ignoreEventEnds ?? [];
    this.#printTraceOnEnd = options.printTraceOnEnd ?? false;
    this.#sink = options.sink ?? process.stderr;
  }

  /** Starts and ends that were dropped to make room for later ones. */
  get dropped(): number {
    return this.#log.dropped;
  }

  onEventStart(event: AnyEventStart): void {
    this.#log.add(event as AnyEventEnd, false);
  }

  onEventEnd(event: AnyEventEnd): void {
    this.#log.add(event, true);
  }

  endTrace(trace: TraceInfo): void {
    if (this.#printTraceOnEnd) this.printTraceMap({ traceId: trace.id });
  }

  /** Starts and ends in the order they happened, of one type or of all. */
  getEvents(type?: EventType): LoggedEvent[] {
    return [...this.#log.entries()].filter(({ event }) => type === undefined || event.type === type);
  }

  /** Events of which both the start and the end are kept, in the order they started. */
  getEventPairs(type?: EventType): (readonly [AnyEventStart, AnyEventEnd])[] {
    const ended = new Set<AnyEventStart>();
    for (const { phase, event } of this.#log.entries()) if (phase === "end") ended.add(event);
    return this.getEvents(type)
      .filter(({ phase, event }) => phase === "start" && ended.has(event))
      .map(({ event }) => [event, event as AnyEventEnd] as const);
  }

  /** How long the events of one type, or all, took. */
  getEventTimeInfo(type?: EventType): EventTimeInfo {
    const ends = this.getEvents(type).filter((entry) => entry.phase === "end");
    const errors = ends.filter(({ event }) => event.status === "error").length;
    return timeInfo(
      ends.map(({ event }) => event.duration),
      errors,
    );
  }

  /** Starts and ends of the `llm` events: what went in, what came out. */
  getLlmInputsOutputs(): (readonly [AnyEventStart, AnyEventEnd])[] {
    return this.getEventPairs("llm");
  }

  /** Prints the tree of one trace, or of all that are kept. */
  printTraceMap(options: { readonly traceId?: string } = {}): void {
    const events = new Set<AnyEventEnd>();
    for (const { event } of this.#log.entries()) {
      if (options.traceId === undefined || event.traceId === options.traceId) events.add(event);
    }
    printTraceTree([...events], this.#sink, this.#log.dropped);
  }

  /** Forgets everything. */
  flushEventLogs(): void {
    this.#log.clear();
  }
}
