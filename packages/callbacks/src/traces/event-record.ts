import { inspect } from "node:util";
import type { AnyEventEnd, EventStatus } from "../contract/event.ts";
import type { EventTags } from "../contract/event-tags.ts";
import type { EventType } from "../contract/event-type.ts";
import type { EventFrame, TraceFrame } from "./frame.ts";
import { newEventId } from "./identifiers.ts";
import { serializeEvent, type SerializedEvent } from "./serialized-event.ts";

const nothing: object = Object.freeze({});

/** Why an event ended as `"error"`: the error itself, or the event that has it. */
export type Failure = { readonly error: unknown } | { readonly origin: EventFrame };

/**
 * The data of one event: written once at its start and once at its end. Handlers may keep it. It is also the frame of its
 * children.
 */
export class EventRecord implements EventFrame {
  readonly type: EventType;
  readonly trace: TraceFrame;
  readonly parent: EventFrame | undefined;
  readonly tags: EventTags;
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
    trace: TraceFrame,
    parent: EventFrame | undefined,
    tags: EventTags,
    payload: object | undefined,
    started: number,
    id?: string,
  ) {
    this.type = type;
    this.trace = trace;
    this.parent = parent;
    this.tags = tags;
    this.payload = payload ?? nothing;
    this.started = started;
    this.#id = id;
  }

  get manager(): object | undefined {
    return this.trace.manager;
  }

  get record(): EventRecord {
    return this;
  }

  /** Created when first read: an id that no handler reads costs nothing. */
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
    // Printed as its data, without its trace and manager. Isolated declarations refuse a computed method.
    Object.defineProperty(this.prototype, inspect.custom, { value: this.prototype.toJSON });
  }

  /** The same event with another payload, for handlers that see more. */
  withPayload(payload: object): EventRecord {
    return new EventRecord(this.type, this.trace, this.parent, this.tags, payload, this.started, this.id);
  }
}
