import type { CallbackManager } from "./callback-manager.ts";
import type { EventRecord } from "./event-record.ts";
import { newTraceId } from "./identifiers.ts";
import { sharedState } from "./shared-state.ts";

/** A tree of events under one root, as handlers see it. */
export interface TraceInfo {
  /** 32 hexadecimal digits. A trace continued in another thread or process keeps its id. */
  readonly id: string;
  /** The name given to `asTrace`, or the type of the root event. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
}

/** Children of each event by id, in the order they started. Those at the top stand under `"root"`. */
export type TraceMap = ReadonlyMap<string, readonly string[]>;

/**
 * Where an async context stands. The frames of open events point to the one above, so a frame is an
 * immutable trace stack: nothing is ever popped, and events may end in any order.
 */
export interface Frame {
  readonly manager: CallbackManager | undefined;
  readonly trace: Trace;
  /** The innermost open event that takes children; `undefined` at the top of a trace. */
  readonly record: EventRecord | undefined;
}

export class Trace implements TraceInfo, Frame {
  readonly name: string;
  readonly manager: CallbackManager | undefined;
  /** Events of an unsampled trace reach no handler. */
  readonly sampled: boolean;
  /** The trace of another manager, thread or process that this one is a part of. */
  readonly outer: Trace | undefined;
  /** The event of `outer` under which this one's events hang. */
  readonly outerEvent: EventRecord | string | undefined;
  readonly started: number = performance.now();
  /** Children of each event, where a handler asks for it. */
  map: Map<string, string[]> | undefined = undefined;
  /** Primitives thrown in events at the top of the trace. */
  thrownBelow: Map<unknown, EventRecord> | undefined = undefined;
  #id: string | undefined;
  #errors: WeakMap<object, EventRecord> | undefined;

  constructor(
    name: string,
    manager: CallbackManager | undefined,
    options: { id?: string; sampled?: boolean; outer?: Frame; outerEvent?: string } = {},
  ) {
    this.name = name;
    this.manager = manager;
    this.sampled = options.sampled ?? true;
    this.outer = options.outer?.trace;
    this.outerEvent = options.outerEvent ?? options.outer?.record ?? options.outer?.trace.outerEvent;
    this.#id = options.id;
  }

  get id(): string {
    return (this.#id ??= this.outer?.id ?? newTraceId());
  }

  get startTime(): number {
    return performance.timeOrigin + this.started;
  }

  /** A trace is the frame at its own top. */
  get trace(): Trace {
    return this;
  }

  get record(): undefined {
    return undefined;
  }

  /** Id of the event above this trace's own, where there is one. */
  get outerEventId(): string | undefined {
    return typeof this.outerEvent === "object" ? this.outerEvent.id : this.outerEvent;
  }

  /** This manager's part of the trace that a context stands in. */
  partOf(manager: CallbackManager): Trace | undefined {
    if (this.manager === manager) return this;
    return this.outer?.partOf(manager);
  }

  /** The event where this error was recorded first. */
  originOf(error: object): EventRecord | undefined {
    return this.#errors?.get(error) ?? this.outer?.originOf(error);
  }

  rememberError(error: object, origin: EventRecord): void {
    if (this.outer) this.outer.rememberError(error, origin);
    else (this.#errors ??= new WeakMap()).set(error, origin);
  }
}

/** What is known of the trace around the caller. */
export interface CurrentTrace {
  readonly id: string;
  readonly name: string;
  /** Ids of the open events above the caller, outermost first: the trace stack. */
  readonly stack: readonly string[];
}

/** The trace of this async context; `undefined` outside any, and where nobody listens. */
export function currentTrace(): CurrentTrace | undefined {
  const frame = sharedState.frames.getStore();
  if (frame === undefined || !frame.trace.sampled) return undefined;
  const stack: string[] = [];
  for (let record = frame.record; record; record = record.parent) stack.unshift(record.id);
  return { id: frame.trace.id, name: frame.trace.name, stack };
}
