import type { EventHost } from "./event-runtime.ts";
import type { EventType } from "./event-type.ts";
import { withReadUsage } from "./read-usage.ts";

/** What a payload belongs to. */
export interface RedactInfo {
  readonly type: EventType;
  /** A `"chunk"` is a piece of a stream: its payload is `{ content }` alone. */
  readonly phase: "start" | "end" | "chunk";
}

/**
 * Sees every payload, and every piece of a stream, before any handler does, and returns what handlers may see: the payload itself, a
 * changed copy, or `undefined` for nothing at all.
 */
export type Redact = (payload: Readonly<Record<string, unknown>>, info: RedactInfo) => object | undefined;

interface SplitPayload {
  readonly facts: object | undefined;
  readonly content: unknown;
}

/** Parts a payload into facts for everybody and content for those who asked; collects content only for them. */
export function splitPayload(
  payload: object | undefined,
  type: EventType,
  phase: RedactInfo["phase"],
  host: EventHost,
): SplitPayload {
  // A payload that is none by its type must not stop the work either.
  if (typeof payload !== "object" || payload === null) return { facts: undefined, content: undefined };
  try {
    return split(phase === "end" ? withReadUsage(type, payload) : payload, type, phase, host);
  } catch (error) {
    host.dispatcher.report(error, {}, "payload");
    return { facts: undefined, content: undefined };
  }
}

function split(payload: object, type: EventType, phase: RedactInfo["phase"], host: EventHost): SplitPayload {
  if (!("content" in payload)) {
    return host.redact ? redacted(payload, type, phase, host) : { facts: payload, content: undefined };
  }
  const { content: given, ...facts } = payload;
  const content = host.dispatcher.full ? collect(given, host) : undefined;
  if (!host.redact) return { facts, content };
  return redacted(content === undefined ? facts : { ...facts, content }, type, phase, host);
}

function collect(content: unknown, host: EventHost): unknown {
  if (typeof content !== "function") return content;
  try {
    return content();
  } catch (error) {
    host.dispatcher.report(error, {}, "content");
    return undefined;
  }
}

function redacted(
  payload: object,
  type: EventType,
  phase: RedactInfo["phase"],
  host: EventHost,
): SplitPayload {
  const { redact } = host;
  try {
    const { content, ...facts } = { ...redact?.({ ...payload }, { type, phase }) } as Record<string, unknown>;
    return { facts, content };
  } catch (error) {
    // What could not be looked at is not shown.
    host.dispatcher.report(error, {}, "redact");
    return { facts: undefined, content: undefined };
  }
}
