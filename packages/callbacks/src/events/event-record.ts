import { inspect } from "node:util";
import type { CallbackManager } from "./callback-manager.ts";
import type { EndPayload, EventType, StartPayload } from "./event-type.ts";
import { newEventId } from "./identifiers.ts";
import { serializeEvent, type SerializedEvent } from "./serialized-event.ts";
import type { Frame, Trace } from "./trace.ts";

/** How an event ended. An abort is no error: somebody asked for it. */
export type EventStatus = "ok" | "error" | "aborted";

/** An event that has started, as handlers see it. */
export interface EventStart<T extends EventType = EventType> {
  /** 16 hexadecimal digits. */
  readonly id: string;
  readonly type: T;
  readonly traceId: string;
  readonly traceName: string;
  /** The event above; `undefined` at the top of a trace. */
  readonly parentId: string | undefined;
  /** Milliseconds since 1970, with fractions. */
  readonly startTime: number;
  readonly payload: StartPayload<T>;
}

/** An event that has ended, as handlers see it. */
export interface EventEnd<T extends EventType = EventType> extends EventStart<T> {
  /** Milliseconds since 1970, with fractions. */
  readonly endTime: number;
  /** Milliseconds from start to end. */
  readonly duration: number;
  readonly status: EventStatus;
  readonly endPayload: EndPayload<T>;
  /** What was thrown, at the one event of the trace where it was thrown; any value can be thrown. */
  readonly error: unknown;
  /** On the events that the error passed through: the id of the event that has it. */
  readonly errorEventId: string | undefined;
}

/** A start of any of these types: `event.type` tells which, and narrows `event.payload`. */
export type AnyEventStart<T extends EventType = EventType> = { [U in T]: EventStart<U> }[T];

/** An end of any of these types: `event.type` tells which, and narrows the payloads. */
export type AnyEventEnd<T extends EventType = EventType> = { [U in T]: EventEnd<U> }[T];

const nothing: object = Object.freeze({});

/** Why an event ended as `"error"`: the error itself, or the event that has it. */
export type Failure = { readonly error: unknown } | { readonly origin: EventRecord };

/**
 * The data of one event: written once at its start and once at its end, and kept by whoever wants to. It is
 * also the frame that its children stand in.
 */
export class EventRecord implements Frame {
  readonly type: EventType;
  readonly trace: Trace;
  readonly parent: EventRecord | undefined;
  readonly payload: object;
  /** `performance.now()` of the start. */
  readonly started: number;
  /** `performance.now()` of the end; `NaN` while the event is open. */
  ended: number = Number.NaN;
  status: EventStatus = "ok";
  endPayload: object = nothing;
  failure: Failure | undefined = undefined;
  #id: string | undefined;

  constructor(
    type: EventType,
    trace: Trace,
    parent: EventRecord | undefined,
    payload: object | undefined,
    started: number,
    id?: string,
  ) {
    this.type = type;
    this.trace = trace;
    this.parent = parent;
    this.payload = payload ?? nothing;
    this.started = started;
    this.#id = id;
  }

  get manager(): CallbackManager | undefined {
    return this.trace.manager;
  }

  get record(): EventRecord {
    return this;
  }

  /** Made when first read: nobody pays for an id that nobody looks at. */
  get id(): string {
    return (this.#id ??= newEventId());
  }

  get traceId(): string {
    return this.trace.id;
  }

  get traceName(): string {
    return this.trace.name;
  }

  get parentId(): string | undefined {
    return this.parent ? this.parent.id : this.trace.remoteEventId;
  }

  get startTime(): number {
    return performance.timeOrigin + this.started;
  }

  get endTime(): number {
    return performance.timeOrigin + this.ended;
  }

  get duration(): number {
    return this.ended - this.started;
  }

  get error(): unknown {
    return this.failure && "error" in this.failure ? this.failure.error : undefined;
  }

  get errorEventId(): string | undefined {
    return this.failure && "origin" in this.failure ? this.failure.origin.id : undefined;
  }

  toJSON(): SerializedEvent {
    return serializeEvent(this as unknown as AnyEventEnd);
  }

  static {
    // Printed as its data, without the trace and the manager behind it.
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: EventRecord): SerializedEvent {
        return this.toJSON();
      },
    });
  }

  /** The same event with another payload, for handlers that see more. */
  withPayload(payload: object): EventRecord {
    return new EventRecord(this.type, this.trace, this.parent, payload, this.started, this.id);
  }
}
