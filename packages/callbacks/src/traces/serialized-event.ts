import type { EventTags } from "../contract/event-tags.ts";
import type { AnyEventEnd, EventStatus } from "../contract/event.ts";
import { noTags } from "./frame.ts";
import { describeError, plainData } from "../support/plain-data.ts";

/** An event as plain data, for JSON and for messages between threads. */
export interface SerializedEvent {
  readonly id: string;
  readonly type: string;
  readonly traceId: string;
  readonly traceName: string;
  readonly parentId?: string;
  /** Milliseconds since 1970, with fractions. */
  readonly startTime: number;
  /** Absent while the event is open, as is `status`. */
  readonly endTime?: number;
  readonly status?: EventStatus;
  /** Absent without any. */
  readonly tags?: EventTags;
  readonly payload: object;
  readonly endPayload: object;
  readonly error?: { readonly name: string; readonly message: string };
  readonly errorEventId?: string;
}

export function serializeEvent(event: AnyEventEnd): SerializedEvent {
  const { id, type, traceId, traceName, parentId, startTime, errorEventId, tags } = event;
  const open = Number.isNaN(event.duration);
  return {
    id,
    type,
    traceId,
    traceName,
    ...(parentId !== undefined && { parentId }),
    startTime,
    ...(!open && { endTime: event.endTime, status: event.status }),
    ...(Object.keys(tags).length > 0 && { tags }),
    payload: plainData(event.payload) as object,
    endPayload: plainData(event.endPayload) as object,
    ...(event.status === "error" && errorEventId === undefined && { error: describeError(event.error) }),
    ...(errorEventId !== undefined && { errorEventId }),
  };
}

/** The event that plain data describes. */
export function deserializeEvent(event: SerializedEvent): AnyEventEnd {
  const { endTime = Number.NaN, status = "ok" } = event;
  return {
    parentId: undefined,
    error: undefined,
    errorEventId: undefined,
    tags: noTags,
    ...event,
    endTime,
    status,
    duration: endTime - event.startTime,
  } as AnyEventEnd;
}
