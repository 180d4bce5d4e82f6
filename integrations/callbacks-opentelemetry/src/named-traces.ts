import type { AnyEventStart, TraceInfo } from "@llx/callbacks";
import {
  type Attributes,
  type Context,
  context,
  type Span,
  trace as traces,
  type Tracer,
} from "@opentelemetry/api";
import { eventIn } from "./open-span.ts";

interface OpenTrace {
  readonly info: TraceInfo;
  /** The active context when the trace started. */
  readonly outside: Context;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  /** How many managers have a part of the trace that is open. */
  parts: number;
  startedByEvent: boolean;
  span?: Span;
  inside?: Context;
}

/**
 * Spans of traces with their own name, from `asTrace`. They start with the first top-level event: a trace that an event
 * starts itself needs no span besides the event's.
 */
export class NamedTraces {
  readonly #tracer: Tracer;
  readonly #attributes: Attributes;
  readonly #open = new Map<string, OpenTrace>();

  /** @param attributes those of each span */
  constructor(tracer: Tracer, attributes: Attributes) {
    this.#tracer = tracer;
    this.#attributes = attributes;
  }

  start(info: TraceInfo): void {
    const known = this.#open.get(info.id);
    if (known) known.parts++;
    else {
      const outside = context.active();
      this.#open.set(info.id, { info, outside, startTime: Date.now(), parts: 1, startedByEvent: false });
    }
  }

  end(info: TraceInfo): void {
    if (this.#open.size === 0) return;
    const open = this.#open.get(info.id);
    if (open === undefined || --open.parts > 0) return;
    this.#open.delete(info.id);
    open.span?.end();
  }

  endAll(): void {
    for (const { span } of this.#open.values()) span?.end();
    this.#open.clear();
  }

  /** The parent context of a top-level event: the trace's span, or the active context. */
  contextFor(event: AnyEventStart): Context {
    const active = context.active();
    const open = this.#open.get(event.traceId);
    // A trace that an event starts has the same start time.
    if (open && open.info.startTime === event.startTime) open.startedByEvent = true;
    if (open === undefined || open.startedByEvent) return active;
    if (open.inside === undefined) {
      const options = { startTime: open.startTime, attributes: this.#attributes };
      open.span = this.#tracer.startSpan(open.info.name, options, open.outside);
      open.inside = traces.setSpan(open.outside, open.span);
    }
    const inSpanOfUser =
      eventIn(active)?.traceId !== event.traceId && traces.getSpan(active) !== traces.getSpan(open.outside);
    return inSpanOfUser ? active : open.inside;
  }
}
