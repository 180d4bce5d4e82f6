import { newEventId } from "./identifiers.ts";
import { sharedState } from "./shared-state.ts";
import { Trace } from "./trace.ts";

/**
 * A place in a trace, as it travels to another thread, process or machine: the headers of W3C Trace Context.
 * Send it as message data, as environment variables or as HTTP headers.
 *
 * @see https://www.w3.org/TR/trace-context/
 */
export interface TraceCarrier {
  readonly traceparent: string;
  /** Carries the trace's name. */
  readonly tracestate?: string | undefined;
}

/**
 * Where a carrier is found: as {@link serializeTrace} gave it, in the headers of a request of `node:http`, or in
 * those of fetch. Headers that carry nothing are one more kind of carrier that cannot be read.
 */
export type TraceSource =
  | TraceCarrier
  | { readonly [name: string]: string | readonly string[] | undefined }
  | { get(name: string): string | null | undefined };

/** Where the caller stands; `undefined` outside any trace, and where nobody listens. */
export function serializeTrace(): TraceCarrier | undefined {
  const frame = sharedState.frames.getStore();
  if (frame === undefined) return undefined;
  const { trace } = frame;
  // At the top of a trace there is no event: what continues from here will stand at the top too.
  const above = frame.record?.id ?? trace.outerRecord?.id ?? trace.remoteEventId ?? newEventId();
  const name = encodeURIComponent(trace.name.toWellFormed());
  return {
    traceparent: `00-${trace.id}-${above}-${trace.sampled ? "01" : "00"}`,
    ...(name.length <= 256 && { tracestate: `llx=${name}` }),
  };
}

/**
 * Runs a function at the place that was carried over: its events join that trace, under the event that was
 * open there. A carrier that cannot be read starts a new trace, as the standard asks. Where it names a place that is empty
 * or malformed, the first is a process warning; one that names none, such as the headers of most requests, is nothing
 * unusual.
 *
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
  const told = carrier && read(carrier, "traceparent");
  const place = readTraceparent(told);
  if (!place) {
    if (told !== undefined && told !== null) warnOnce(told);
    return body();
  }
  const { id, eventId, sampled } = place;
  const name = readName(carrier && read(carrier, "tracestate")) ?? "continued";
  const trace = new Trace(name, undefined, { started: performance.now(), sampled, remote: { id, eventId } });
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

/** A stranger's header may be shown to nobody: it is not repeated. */
function warnOnce(told: unknown): void {
  if (warned) return;
  warned = true;
  const why =
    told === ""
      ? "its traceparent is empty, so whoever wrote it stood in no trace, or had no propagator: OpenTelemetry's SDK " +
        "registers none by itself (propagation.setGlobalPropagator(new W3CTraceContextPropagator()))"
      : "its traceparent is not what W3C Trace Context asks for (00-<32 hexadecimal digits>-<16>-<2>); hand on what " +
        "serializeTrace gives, or the headers of a request, as they are";
  process.emitWarning(`continueTrace starts a new trace, as the carrier cannot be read: ${why}`, {
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
