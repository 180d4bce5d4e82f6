import type { EventRecord } from "./event-record.ts";
import type { Frame } from "./trace.ts";

/** Primitives thrown in events right below a frame. A primitive has no identity of its own. */
const thrownBelow = new WeakMap<Frame, Map<unknown, EventRecord>>();

/** Records an error at the event where it was thrown, and a reference at those it passes through. */
export function blame(record: EventRecord, error: unknown): void {
  const above = record.parent ?? record.trace;
  const origin = isObject(error) ? record.trace.originOf(error) : thrownBelow.get(record)?.get(error);
  record.failure = origin ? { origin } : { error };
  if (!isObject(error)) {
    const known = thrownBelow.get(above) ?? new Map<unknown, EventRecord>();
    thrownBelow.set(above, known.set(error, origin ?? record));
  } else if (origin === undefined) {
    record.trace.rememberError(error, record);
  }
}

/** Whether an event of this frame, or below it, has recorded the error. */
export function isBlamed(frame: Frame, error: unknown): boolean {
  if (isObject(error)) return frame.trace.originOf(error) !== undefined;
  return thrownBelow.get(frame)?.has(error) ?? false;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
