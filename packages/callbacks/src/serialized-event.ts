import type { AnyEventEnd, EventStatus } from "./event-record.ts";

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
  readonly payload: object;
  readonly endPayload: object;
  readonly error?: { readonly name: string; readonly message: string };
  readonly errorEventId?: string;
}

export function serializeEvent(event: AnyEventEnd): SerializedEvent {
  const { id, type, traceId, traceName, parentId, startTime, errorEventId } = event;
  const open = Number.isNaN(event.duration);
  return {
    id,
    type,
    traceId,
    traceName,
    ...(parentId !== undefined && { parentId }),
    startTime,
    ...(!open && { endTime: event.endTime, status: event.status }),
    payload: plain(event.payload) as object,
    endPayload: plain(event.endPayload) as object,
    ...(event.status === "error" && errorEventId === undefined && { error: describeError(event.error) }),
    ...(errorEventId !== undefined && { errorEventId }),
  };
}

/** The event that plain data tells of. */
export function deserializeEvent(event: SerializedEvent): AnyEventEnd {
  const { endTime = Number.NaN, status = "ok" } = event;
  return {
    parentId: undefined,
    error: undefined,
    errorEventId: undefined,
    ...event,
    endTime,
    status,
    duration: endTime - event.startTime,
  } as AnyEventEnd;
}

/** What was thrown, in words; anything can be thrown. */
export function describeError(error: unknown): { name: string; message: string } {
  if (typeof error === "object" && error !== null && "message" in error) {
    const { name = "Error", message } = error as { name?: unknown; message: unknown };
    return { name: String(name), message: String(message) };
  }
  return { name: typeof error, message: String(error) };
}

/**
 * What JSON can hold: vectors become lists of numbers, maps and sets lists, errors their words, and what says by
 * `toJSON` what it is, that. What stands inside itself ends there.
 */
function plain(value: unknown, above: readonly object[] = []): unknown {
  if (typeof value !== "object" || value === null) return typeof value === "function" ? undefined : value;
  if (above.includes(value)) return "[circular]";
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
  if (value instanceof Error) return describeError(value);
  const inside = [...above, value];
  if ("toJSON" in value && typeof value.toJSON === "function") return plain(value.toJSON(), inside);
  const items = Array.isArray(value) || value instanceof Set || value instanceof Map ? [...value] : undefined;
  if (items !== undefined) return items.map((each) => plain(each, inside));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each, inside)]));
}
