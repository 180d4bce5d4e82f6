import type { EventTags } from "./event-tags.ts";
import type { EndPayload, EventType, StartPayload } from "./event-type.ts";

/** How an event ended. An abort is not an error: the caller asked for it. */
export type EventStatus = "ok" | "error" | "aborted";

/** An event that has started, as handlers see it. */
export interface EventStart<T extends EventType = EventType> {
  /** 16 hexadecimal digits. */
  readonly id: string;
  readonly type: T;
  readonly traceId: string;
  readonly traceName: string;
  /** The id of the parent event; `undefined` at the top of a trace. */
  readonly parentId: string | undefined;
  /** Milliseconds since 1970, with fractions. */
  readonly startTime: number;
  readonly payload: StartPayload<T>;
  /** The tags of the scope in which the event started; empty without any. */
  readonly tags: EventTags;
}

/** An event that has ended, as handlers see it. */
export interface EventEnd<T extends EventType = EventType> extends EventStart<T> {
  /** Milliseconds since 1970, with fractions. */
  readonly endTime: number;
  /** Milliseconds from start to end. */
  readonly duration: number;
  readonly status: EventStatus;
  readonly endPayload: EndPayload<T>;
  /** What was thrown, on the one event of the trace where it was thrown. Any value can be thrown. */
  readonly error: unknown;
  /** On the events that the error passed through: the id of the event that has it. */
  readonly errorEventId: string | undefined;
}

/** A start of any of these types: `event.type` discriminates, and narrows `event.payload`. */
export type AnyEventStart<T extends EventType = EventType> = { [U in T]: EventStart<U> }[T];

/** An end of any of these types: `event.type` discriminates, and narrows the payloads. */
export type AnyEventEnd<T extends EventType = EventType> = { [U in T]: EventEnd<U> }[T];
