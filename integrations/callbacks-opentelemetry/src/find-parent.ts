import { type AnyEventStart, currentTrace } from "@llx/callbacks";
import { type Context, context, isSpanContextValid, type Link, trace, TraceFlags } from "@opentelemetry/api";
import type { NamedTraces } from "./named-traces.ts";
import { eventIn, type OpenSpan } from "./open-span.ts";

/** The parent of a span. */
export interface Parent {
  readonly context: Context;
  readonly links?: Link[];
}

/** Finds the parent of an event's span: by the event's parent and the active context of OpenTelemetry. */
export function findParent(
  event: AnyEventStart,
  open: ReadonlyMap<string, OpenSpan>,
  named: NamedTraces,
): Parent {
  const { parentId } = event;
  if (parentId === undefined) return { context: named.contextFor(event) };
  const active = context.active();
  // Other spans may have been started between the two events.
  if (eventIn(active)?.id === parentId) return { context: active };
  const parent = open.get(parentId);
  if (parent) return { context: parent.context };
  // An event of this process that has no span.
  if (currentTrace()?.stack.includes(parentId)) return { context: active };
  return continued(event.traceId, parentId, active);
}

/**
 * The parent comes from another thread or process. If a span of another trace is active, that span is the parent, with a
 * link to the remote one.
 */
function continued(traceId: string, spanId: string, active: Context): Parent {
  const remote = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  const local = trace.getSpanContext(active);
  if (local === undefined || !isSpanContextValid(local))
    return { context: trace.setSpanContext(active, remote) };
  return local.traceId === traceId ? { context: active } : { context: active, links: [{ context: remote }] };
}
