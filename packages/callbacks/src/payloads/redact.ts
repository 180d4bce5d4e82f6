import { isObject, refusePromise } from "@llx/support";
import type { CallbackHandler } from "../contract/callback-handler.ts";
import type { EventType } from "../contract/event-type.ts";
import { withReadUsage } from "./read-usage.ts";

/** What a payload belongs to. */
export interface RedactInfo {
  readonly type: EventType;
  /** A `"chunk"` is part of a stream: its payload is `{ content }` alone. */
  readonly phase: "start" | "end" | "chunk";
}

/**
 * Receives every payload, and every chunk of a stream, before any handler does, and returns what handlers may see: the
 * payload itself, a changed copy, or `undefined` for nothing at all.
 */
export type Redact = (payload: Readonly<Record<string, unknown>>, info: RedactInfo) => object | undefined;

/** What may be seen of payloads, and who is notified of failures. */
interface PayloadRules {
  readonly redact: Redact | undefined;
  readonly dispatcher: {
    /** Whether a handler wants content. */
    readonly full: boolean;
    report(error: unknown, handler: CallbackHandler, hook: string): void;
  };
}

interface SplitPayload {
  readonly facts: object | undefined;
  readonly content: unknown;
}

/** Splits a payload into facts for all handlers and content for those that asked; collects content only for them. */
export function splitPayload(
  payload: object | undefined,
  type: EventType,
  phase: RedactInfo["phase"],
  rules: PayloadRules,
): SplitPayload {
  try {
    // A payload that is made for handlers alone is a function: see `traced`.
    const given: unknown = typeof payload === "function" ? (payload as () => unknown)() : payload;
    refusePromise("payload", given);
    // An invalid payload must not stop the work.
    if (!isObject(given)) return { facts: undefined, content: undefined };
    return split(phase === "end" ? withReadUsage(type, given) : given, type, phase, rules);
  } catch (error) {
    rules.dispatcher.report(error, {}, "payload");
    return { facts: undefined, content: undefined };
  }
}

function split(
  payload: object,
  type: EventType,
  phase: RedactInfo["phase"],
  rules: PayloadRules,
): SplitPayload {
  if (!("content" in payload)) {
    return rules.redact ? redacted(payload, type, phase, rules) : { facts: payload, content: undefined };
  }
  const { content: given, ...facts } = payload;
  const content = rules.dispatcher.full ? collect(given, rules) : undefined;
  if (!rules.redact) return { facts, content };
  return redacted(content === undefined ? facts : { ...facts, content }, type, phase, rules);
}

function collect(content: unknown, rules: PayloadRules): unknown {
  if (typeof content !== "function") return content;
  try {
    return refusePromise("content", content() as unknown);
  } catch (error) {
    rules.dispatcher.report(error, {}, "content");
    return undefined;
  }
}

function redacted(
  payload: object,
  type: EventType,
  phase: RedactInfo["phase"],
  rules: PayloadRules,
): SplitPayload {
  const { redact } = rules;
  try {
    const shown = refusePromise("redact", redact?.({ ...payload }, { type, phase }));
    const { content, ...facts } = { ...shown } as Record<string, unknown>;
    return { facts, content };
  } catch (error) {
    // A payload that could not be redacted is not shown.
    rules.dispatcher.report(error, {}, "redact");
    return { facts: undefined, content: undefined };
  }
}
