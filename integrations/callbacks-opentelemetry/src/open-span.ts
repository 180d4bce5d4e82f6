import type { AnyEventStart } from "@llx/callbacks";
import { type Attributes, type Context, createContextKey, type Span } from "@opentelemetry/api";

/** The span of an event that has not ended. */
export interface OpenSpan {
  readonly span: Span;
  /** What the span has started with. */
  readonly attributes: Attributes;
  /** What is active while the event's body runs. */
  readonly context: Context;
  /** Milliseconds from the event's start to the first piece of its stream. */
  firstChunkAfter: number | undefined;
  /** The pieces of its stream, where content is captured. */
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
