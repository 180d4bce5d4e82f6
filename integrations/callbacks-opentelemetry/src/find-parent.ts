import { type AnyEventStart, currentTrace } from "@llx/callbacks";
import { type Context, context, isSpanContextValid, type Link, trace, TraceFlags } from "@opentelemetry/api";
import type { NamedTraces } from "./named-traces.ts";
import { eventIn, type OpenSpan } from "./open-span.ts";

/** Where the span of an event belongs. */
export interface Parent {
  readonly context: Context;
  readonly links?: Link[];
}

/** Finds the place of a span by the event's parent and by what is active in OpenTelemetry. */
export function findParent(
  event: AnyEventStart,
  open: ReadonlyMap<string, OpenSpan>,
  named: NamedTraces,
): Parent {
  const { parentId } = event;
  if (parentId === undefined) return { context: named.contextFor(event) };
  const active = context.active();
  // Spans of others may have been started between the two events.
  if (eventIn(active)?.id === parentId) return { context: active };
  const parent = open.get(parentId);
  if (parent) return { context: parent.context };
  // An event of this process that has no span.
  if (currentTrace()?.stack.includes(parentId)) return { context: active };
  return continued(event.traceId, parentId, active);
}

/**
 * The parent comes from another thread or process. Where a span of another trace is active, that is the
 * parent and the far one is linked to.
 */
function continued(traceId: string, spanId: string, active: Context): Parent {
  const far = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  const near = trace.getSpanContext(active);
  if (near === undefined || !isSpanContextValid(near)) return { context: trace.setSpanContext(active, far) };
  return near.traceId === traceId ? { context: active } : { context: active, links: [{ context: far }] };
}
