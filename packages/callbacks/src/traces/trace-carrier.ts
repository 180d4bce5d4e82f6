import { checkFunction } from "@llx/support";
import { insideTrace } from "./frame.ts";
import { newEventId } from "./identifiers.ts";
import { sharedState } from "./shared-state.ts";
import { readBaggage, writeBaggage } from "./tag-baggage.ts";
import { Trace } from "./trace.ts";
import { frameWith, mergeTags } from "./with-tags.ts";

/**
 * A position in a trace, in transit to another thread, process or machine: the headers of W3C Trace Context and W3C Baggage.
 * Send it as message data, as environment variables or as HTTP headers.
 *
 * @see https://www.w3.org/TR/trace-context/
 * @see https://www.w3.org/TR/baggage/
 */
export interface TraceCarrier {
  /** Absent outside any trace, where there are only tags. */
  readonly traceparent?: string | undefined;
  /** Carries the trace's name. */
  readonly tracestate?: string | undefined;
  /** Carries the tags. Absent without any. */
  readonly baggage?: string | undefined;
}

/**
 * Where a carrier is read from: the result of {@link serializeTrace}, or the headers of a request of `node:http` or of
 * fetch. Headers without a trace are treated as an unreadable carrier.
 */
export type TraceSource =
  | TraceCarrier
  | { readonly [name: string]: string | readonly string[] | undefined }
  | { get(name: string): string | null | undefined };

/** The caller's position in its trace, and its tags; `undefined` without either. Without any handler, there is no trace. */
export function serializeTrace(): TraceCarrier | undefined {
  const caller = sharedState.frames.getStore();
  const baggage = caller && writeBaggage(caller.tags);
  const frame = insideTrace(caller);
  if (frame === undefined) return baggage === undefined ? undefined : { baggage };
  const { trace } = frame;
  // At the top of a trace there is no event: what continues from here is also at the top.
  const above = frame.record?.id ?? trace.outerRecord?.id ?? trace.remoteEventId ?? newEventId();
  const name = encodeURIComponent(trace.name.toWellFormed());
  return {
    traceparent: `00-${trace.id}-${above}-${trace.sampled ? "01" : "00"}`,
    ...(name.length <= 256 && { tracestate: `llx=${name}` }),
    ...(baggage !== undefined && { baggage }),
  };
}

/**
 * Runs a function at the position in the carrier: its events join that trace, below the event that was open there, and have
 * its tags. A tag that is also set around this call keeps the value it has here: whoever sends a request cannot change it.
 * An unreadable carrier starts a new trace, as the standard requires. The first empty or malformed `traceparent` emits a
 * process warning; a missing one, as in the headers of most requests, does not.
 *
 * @param body is called at once; what it returns is returned
 * @example
 * ```ts
 * import type { IncomingMessage } from "node:http";
 *
 * function handle(request: IncomingMessage): Promise<string> {
 *   return continueTrace(request.headers, () => manager.event("query", () => answer("Who?")));
 * }
 * ```
 */
export function continueTrace<R>(carrier: TraceSource | undefined, body: () => R): R {
  checkFunction("the second argument of continueTrace", body);
  const traceparent = carrier && read(carrier, "traceparent");
  const position = readTraceparent(traceparent);
  const caller = sharedState.frames.getStore();
  const sent = carrier && readBaggage(read(carrier, "baggage"));
  const tags = sent === undefined ? caller?.tags : mergeTags(sent, caller?.tags);
  if (!position) {
    if (traceparent !== undefined && traceparent !== null) warnOnce(traceparent);
    return sent === undefined ? body() : sharedState.frames.run(frameWith(caller, tags!), body);
  }
  const { id, eventId, sampled } = position;
  const name = readName(carrier && read(carrier, "tracestate")) ?? "continued";
  const trace = new Trace(name, undefined, {
    started: performance.now(),
    sampled,
    tags,
    remote: { id, eventId },
  });
  return sharedState.frames.run(trace, body);
}

function read(carrier: TraceSource, name: keyof TraceCarrier): unknown {
  const { get } = carrier as Partial<Headers>;
  return typeof get === "function" ? get.call(carrier, name) : (carrier as Partial<TraceCarrier>)[name];
}

function readTraceparent(value: unknown): { id: string; eventId: string; sampled: boolean } | undefined {
  if (typeof value !== "string") return undefined;
  // Later versions may add fields at the end; version ff is forbidden, as are ids of zeros.
  const parts = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/.exec(
    value.trim(),
  );
  if (parts === null) return undefined;
  const [, version, id, eventId, flags, more] = parts;
  if (version === "00" && more !== undefined) return undefined;
  return { id: id!, eventId: eventId!, sampled: (Number.parseInt(flags!, 16) & 1) === 1 };
}

let warned = false;

/** The warning does not repeat the header: a stranger may have written it. */
function warnOnce(traceparent: unknown): void {
  if (warned) return;
  warned = true;
  const why =
    traceparent === ""
      ? "its traceparent is empty, so its sender was outside any trace, or had no propagator: OpenTelemetry's SDK " +
        "does not register one by itself (propagation.setGlobalPropagator(new W3CTraceContextPropagator()))"
      : "its traceparent does not have the format of W3C Trace Context (00-<32 hexadecimal digits>-<16>-<2>); pass on " +
        "the result of serializeTrace, or the headers of a request, unchanged";
  process.emitWarning(`continueTrace starts a new trace, because the carrier cannot be read: ${why}`, {
    type: "TraceCarrierUnreadable",
    code: "LLX_TRACE_CARRIER_UNREADABLE",
  });
}

function readName(tracestate: unknown): string | undefined {
  if (typeof tracestate !== "string") return undefined;
  const name = /(?:^|,)\s*llx=([^,]*)/.exec(tracestate)?.[1];
  try {
    return name && decodeURIComponent(name.trim());
  } catch {
    return undefined;
  }
}
