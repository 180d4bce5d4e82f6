import { randomBytes } from "node:crypto";
import type { EventStart } from "@llx/callbacks";

/** The ids of the event whose span is being started, each until it is used. */
let spanId: string | undefined;
let traceId: string | undefined;

/**
 * Starts the span of an event; an {@link EventIdGenerator} gives it the event's ids.
 *
 * @param onlyTrace whether the span is not that of the event itself, but of the request that it is an attempt at
 */
export function withEventIds<S>(
  event: Pick<EventStart, "id" | "traceId">,
  startSpan: () => S,
  onlyTrace = false,
): S {
  spanId = onlyTrace ? undefined : event.id;
  traceId = event.traceId;
  try {
    return startSpan();
  } finally {
    spanId = undefined;
    traceId = undefined;
  }
}

/**
 * An `idGenerator` for a tracer provider: spans of events get the ids of their events, others random ones.
 * Then the result of `serializeTrace` of `@llx/callbacks` names a span, and the trace continues in another process.
 *
 * @example
 * ```ts
 * import { TracerProvider } from "@opentelemetry/sdk-trace";
 *
 * const provider = new TracerProvider({ idGenerator: new EventIdGenerator(), spanProcessors });
 * ```
 */
export class EventIdGenerator {
  /** 32 hexadecimal digits. */
  generateTraceId(): string {
    const id = traceId ?? randomBytes(16).toString("hex");
    traceId = undefined;
    return id;
  }

  /** 16 hexadecimal digits. */
  generateSpanId(): string {
    const id = spanId ?? randomBytes(8).toString("hex");
    spanId = undefined;
    return id;
  }
}
