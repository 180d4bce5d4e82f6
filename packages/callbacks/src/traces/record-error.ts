import { isObject } from "@llx/support";
import type { EventRecord } from "./event-record.ts";
import type { EventFrame, Frame } from "./frame.ts";

/** Primitives thrown in events right below a frame. A primitive has no identity of its own. */
const thrownBelow = new WeakMap<Frame, Map<unknown, EventFrame>>();

/** Records an error on the event where it was thrown, and a reference on those it passes through. */
export function recordError(record: EventRecord, error: unknown): void {
  const above = record.parent ?? record.trace;
  const origin = isObject(error) ? record.trace.originOf(error) : thrownBelow.get(record)?.get(error);
  record.failure = origin ? { origin } : { error };
  if (!isObject(error)) {
    const known = thrownBelow.get(above) ?? new Map<unknown, EventFrame>();
    thrownBelow.set(above, known.set(error, origin ?? record));
  } else if (origin === undefined) {
    record.trace.rememberError(error, record);
  }
}

/** Whether the event of this frame, or one below it, has recorded the error. */
export function isErrorRecorded(frame: Frame, error: unknown): boolean {
  if (isObject(error)) return frame.trace.originOf(error) !== undefined;
  return thrownBelow.get(frame.record ?? frame.trace)?.has(error) ?? false;
}
