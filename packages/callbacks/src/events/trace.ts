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

export interface TraceOptions {
  /** `performance.now()` of the start. */
  readonly started: number;
  /** Events of an unsampled trace reach no handler. Default `true`. */
  readonly sampled?: boolean;
  /** Where the trace starts, inside that of another manager. */
  readonly outer?: Frame | undefined;
  /** Where the trace comes from, when it is continued from another thread or process. */
  readonly remote?: { readonly id: string; readonly eventId: string };
}

export class Trace implements TraceInfo, Frame {
  readonly name: string;
  readonly manager: CallbackManager | undefined;
  readonly sampled: boolean;
  readonly started: number;
  /** Children of each event, where a handler asks for it. */
  map: Map<string, string[]> | undefined = undefined;
  readonly #outer: Frame | undefined;
  readonly #remoteEventId: string | undefined;
  #id: string | undefined;
  #errors: WeakMap<object, EventRecord> | undefined;

  constructor(name: string, manager: CallbackManager | undefined, options: TraceOptions) {
    this.name = name;
    this.manager = manager;
    this.sampled = options.sampled ?? true;
    this.started = options.started;
    this.#outer = options.outer;
    this.#id = options.remote?.id;
    this.#remoteEventId = options.remote?.eventId;
  }

  get id(): string {
    return (this.#id ??= this.#outer?.trace.id ?? newTraceId());
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

  /** The event of another manager that this trace hangs under. */
  get outerRecord(): EventRecord | undefined {
    return this.#outer?.record ?? this.#outer?.trace.outerRecord;
  }

  /** The event of another thread or process that the trace as a whole hangs under. */
  get remoteEventId(): string | undefined {
    return this.#remoteEventId ?? this.#outer?.trace.remoteEventId;
  }

  /** This manager's part of the trace that a context stands in. */
  partOf(manager: CallbackManager): Trace | undefined {
    if (this.manager === manager) return this;
    return this.#outer?.trace.partOf(manager);
  }

  /** The event where this error was recorded first. */
  originOf(error: object): EventRecord | undefined {
    return this.#errors?.get(error) ?? this.#outer?.trace.originOf(error);
  }

  rememberError(error: object, origin: EventRecord): void {
    if (this.#outer) this.#outer.trace.rememberError(error, origin);
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
  for (let record = frame.record; record; record = record.parent) stack.push(record.id);
  return { id: frame.trace.id, name: frame.trace.name, stack: stack.toReversed() };
}
