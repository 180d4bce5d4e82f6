import type { AnyEventStart } from "@llx/callbacks";
import { type Attributes, type Context, createContextKey, type Span } from "@opentelemetry/api";

/** The span of an open event. */
export interface OpenSpan {
  readonly span: Span;
  /** The attributes at the start. */
  readonly attributes: Attributes;
  /** The active context while the event's body runs. */
  readonly context: Context;
  /** Milliseconds from the event's start to the first chunk of its stream. */
  firstChunkAfter: number | undefined;
  /** The concatenated chunks of its stream, if content is captured. */
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
