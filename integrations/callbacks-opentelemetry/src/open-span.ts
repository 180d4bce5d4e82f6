import type { AnyEventStart } from "@llx/callbacks";
import { type Context, createContextKey, type Span } from "@opentelemetry/api";
import type { CallResult } from "./span-form.ts";

/** The span of an open event, or of a request to a model that has had attempts before this one. */
export interface OpenSpan extends CallResult {
  readonly span: Span;
  /** The active context while the event's body runs. */
  readonly context: Context;
  /** The active context of the span itself, for the next attempt. */
  readonly inside: Context;
  /** When the first attempt started: milliseconds since 1970, with fractions. */
  readonly startTime: number;
  /** The span of this attempt, if it has its own. */
  readonly attempt: Span | undefined;
  firstChunkAfter: number | undefined;
  streamed: string;
}

const eventKey = createContextKey("@llx/callbacks event");

/** The innermost event around a context of OpenTelemetry. */
export function eventIn(context: Context): AnyEventStart | undefined {
  return context.getValue(eventKey) as AnyEventStart | undefined;
}

export function withEvent(context: Context, event: AnyEventStart): Context {
  return context.setValue(eventKey, event);
}
