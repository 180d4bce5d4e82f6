import type { AnyEventEnd, AnyEventStart } from "@llx/callbacks";
import type { RecordedError } from "../record/devtools-record.ts";
import { boundedValue, masked } from "./bounded-value.ts";

/**
 * Lines of a record for events. Their text is put together by hand, as it is written for every event: `JSON.stringify` of the
 * whole takes about twice as long.
 */
export function lineOfStart(event: AnyEventStart): string {
  return `{"kind":"start",${beginning(event)}}`;
}

export function lineOfEnd(event: AnyEventEnd): string {
  return `{"kind":"end","id":"${event.id}","time":${timeOf(event.endTime)},${ending(event)}}`;
}

/** An event that has ended. */
export function lineOfEvent(event: AnyEventEnd): string {
  return `{"kind":"event",${beginning(event)},"end":${timeOf(event.endTime)},${ending(event)}}`;
}

const quotedTypes = new Map<string, string>();

/** There are few types of events, and many events. */
function quotedType(type: string): string {
  let quoted = quotedTypes.get(type);
  if (quoted === undefined) {
    quoted = JSON.stringify(type);
    if (quotedTypes.size < 1_000) quotedTypes.set(type, quoted);
  }
  return quoted;
}

function beginning(event: AnyEventStart): string {
  const { parentId, tags } = event;
  let fields = `"id":"${event.id}","type":${quotedType(event.type)},"trace":"${event.traceId}"`;
  fields +=
    parentId === undefined ? `,"traceName":${JSON.stringify(event.traceName)}` : `,"parent":"${parentId}"`;
  fields += `,"time":${timeOf(event.startTime)}`;
  if (hasFields(tags)) fields += `,"tags":${jsonOf(tags)}`;
  if (hasFields(event.payload)) fields += `,"payload":${jsonOf(event.payload)}`;
  return fields;
}

function ending(event: AnyEventEnd): string {
  let fields = `"status":"${event.status}"`;
  if (hasFields(event.endPayload)) fields += `,"endPayload":${jsonOf(event.endPayload)}`;
  if (event.status !== "error") return fields;
  const { errorEventId } = event;
  return errorEventId === undefined
    ? `${fields},"error":${JSON.stringify(describeError(event.error))}`
    : `${fields},"errorFrom":"${errorEventId}"`;
}

/** Milliseconds with three decimals at most: what the clock gives, without the digits of its sum. */
function timeOf(time: number): number {
  return Math.round(time * 1_000) / 1_000;
}

function hasFields(value: object): boolean {
  for (const _ in value) return true;
  return false;
}

function jsonOf(payload: object): string {
  try {
    return arePlain(payload) ? JSON.stringify(payload) : JSON.stringify(boundedValue(payload));
  } catch {
    return '{"payload":"[cannot be read]"}';
  }
}

/** Counts, names and the like, as most payloads have. */
function arePlain(payload: object): boolean {
  for (const name in payload) {
    const value: unknown = payload[name as keyof typeof payload];
    if (typeof value === "number" || typeof value === "boolean" || value === undefined) continue;
    if (typeof value !== "string" || value.length > 200) return false;
  }
  return !("toJSON" in payload);
}

/** Any value can be thrown. */
function describeError(error: unknown): RecordedError {
  try {
    if (typeof error === "object" && error !== null && "message" in error) {
      const name = "name" in error ? String(error.name) : "Error";
      return { name: name.slice(0, 200), message: masked(String(error.message)) };
    }
    return { name: typeof error, message: masked(String(error)) };
  } catch {
    return { name: "unknown", message: "[cannot be read]" };
  }
}
