import type {
  AnyEventEnd,
  AnyEventStart,
  CallbackHandler,
  Capture,
  EventChunk,
  EventLink,
  TraceInfo,
} from "@llx/callbacks";
import {
  type Attributes,
  context,
  isSpanContextValid,
  type MeterProvider,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
  type TracerProvider,
} from "@opentelemetry/api";
import { endContent, startContent } from "./content-attributes.ts";
import { general } from "./conventions.ts";
import { errorName, ErrorTypes } from "./error-type.ts";
import { endAttributes, operationOf, startAttributes } from "./event-attributes.ts";
import { withEventIds } from "./event-id-generator.ts";
import { findParent } from "./find-parent.ts";
import { GenAiMetrics } from "./gen-ai-metrics.ts";
import { isTracing } from "./is-registered.ts";
import { NamedTraces } from "./named-traces.ts";
import { type OpenSpan, withEvent } from "./open-span.ts";

/** Where spans and metrics go, and what they contain. */
export interface OpenTelemetryHandlerOptions {
  /**
   * `true`: prompts, completions, texts and other contents of payloads are exported; vectors never are.
   * Default `false`.
   */
  readonly captureContent?: boolean | undefined;
  /** `true`: messages and stacks of errors are exported, whatever they contain. Default `false`: only their names. */
  readonly captureErrors?: boolean | undefined;
  /** Returns more attributes for the span of an event; called when the event ends. */
  readonly attributes?: ((event: AnyEventEnd) => Attributes) | undefined;
  /** Default: the registered one. */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Default: the registered one. */
  readonly meterProvider?: MeterProvider | undefined;
}

/**
 * Records events as OpenTelemetry spans, and requests to models as metrics. The span of an event is active while the
 * event's body runs. Texts and the messages of errors are exported only on request, vectors never.
 *
 * @example
 * ```ts
 * setGlobalHandlers([new OpenTelemetryHandler()]);
 * ```
 */
export class OpenTelemetryHandler implements CallbackHandler {
  readonly name = "OpenTelemetryHandler";
  readonly capture: Capture;
  readonly #captureErrors: boolean;
  readonly #attributes: ((event: AnyEventEnd) => Attributes) | undefined;
  readonly #tracerProvider: TracerProvider | undefined;
  readonly #tracer: Tracer;
  readonly #metrics: GenAiMetrics;
  readonly #traces: NamedTraces;
  readonly #open = new Map<string, OpenSpan>();
  readonly #errorTypes = new ErrorTypes();

  /** @throws TypeError for invalid options */
  constructor(options: OpenTelemetryHandlerOptions = {}) {
    const { captureContent = false, captureErrors = false } = options;
    const { attributes, tracerProvider, meterProvider } = options;
    for (const [option, value] of Object.entries({ captureContent, captureErrors })) {
      // The string "false" of an environment variable must not export texts.
      if (typeof value !== "boolean") {
        throw new TypeError(`${option} must be true or false, not ${JSON.stringify(value)}`);
      }
    }
    if (attributes !== undefined && typeof attributes !== "function") {
      throw new TypeError(`attributes must be a function of an event, not ${typeof attributes}`);
    }
    this.capture = captureContent ? "full" : "sizes";
    this.#captureErrors = captureErrors;
    this.#attributes = attributes;
    this.#tracerProvider = tracerProvider;
    this.#tracer = (tracerProvider ?? trace).getTracer("@llx/callbacks-opentelemetry");
    this.#metrics = new GenAiMetrics(meterProvider);
    this.#traces = new NamedTraces(this.#tracer);
  }

  startTrace(info: TraceInfo): void {
    if (isTracing(this.#tracerProvider)) this.#traces.start(info);
  }

  endTrace(info: TraceInfo): void {
    this.#traces.end(info);
  }

  onEventStart(event: AnyEventStart): void {
    if (!isTracing(this.#tracerProvider) && !this.#metrics.active) return;
    const operation = operationOf(event);
    const { model } = event.payload as { readonly model?: string };
    const name = operation === undefined ? event.type : [operation, model].filter(Boolean).join(" ");
    const parent = findParent(event, this.#open, this.#traces);
    const kind = operation === undefined ? SpanKind.INTERNAL : SpanKind.CLIENT;
    const attributes = { ...startAttributes(event), ...startContent(event) };
    const options = { kind, attributes, ...(parent.links && { links: parent.links }) };
    const span = withEventIds(event, () => this.#tracer.startSpan(name, options, parent.context));
    // With metrics only, or with tracing suppressed, there is no span to activate.
    const recorded = isSpanContextValid(span.spanContext());
    const inside = recorded ? withEvent(trace.setSpan(parent.context, span), event) : parent.context;
    if (event.type === "embed_texts") this.#linkCallers(event.payload.sharedBy, span);
    this.#open.set(event.id, { span, attributes, context: inside, firstChunkAfter: undefined, streamed: "" });
  }

  around<R>(event: AnyEventStart, body: () => R): R {
    const open = this.#find(event);
    return open ? context.with(open.context, body) : body();
  }

  onEventChunk(event: AnyEventStart, chunk: EventChunk): void {
    const open = this.#find(event);
    if (open === undefined) return;
    open.firstChunkAfter ??= performance.timeOrigin + performance.now() - event.startTime;
    if (typeof chunk.content === "string") open.streamed += chunk.content;
  }

  onEventEnd(event: AnyEventEnd): void {
    const open = this.#find(event);
    if (open === undefined) return;
    this.#open.delete(event.id);
    const errorType = event.status === "error" ? this.#errorTypes.of(event) : undefined;
    try {
      const attributes = endAttributes(event, open.firstChunkAfter);
      if (operationOf(event) !== undefined) {
        const failure = event.status === "aborted" ? "aborted" : errorType;
        this.#metrics.record(event, open, { ...open.attributes, ...attributes }, failure);
      }
      if (open.span.isRecording()) this.#describe(open, event, attributes, errorType);
    } finally {
      open.span.end();
    }
  }

  /** Ends the spans of open events, whose ends will not be received any more. */
  aclose(): void {
    for (const { span } of this.#open.values()) {
      span.setAttribute("llx.status", "unfinished");
      span.end();
    }
    this.#open.clear();
    this.#traces.endAll();
  }

  /** Links a call with those that share it, in both directions: each may be in another trace. */
  #linkCallers(callers: readonly EventLink[] = [], shared: Span): void {
    for (const { eventId } of callers) {
      const caller = this.#open.get(eventId)?.span;
      if (caller === undefined || !isSpanContextValid(caller.spanContext())) continue;
      shared.addLink({ context: caller.spanContext() });
      caller.addLink({ context: shared.spanContext() });
    }
  }

  /** An id is created when it is first read; without an open span, none is read. */
  #find(event: AnyEventStart): OpenSpan | undefined {
    return this.#open.size === 0 ? undefined : this.#open.get(event.id);
  }

  #describe(
    { span, streamed }: OpenSpan,
    event: AnyEventEnd,
    attributes: Attributes,
    errorType: string | undefined,
  ): void {
    span.setAttributes({ ...attributes, ...endContent(event, streamed) });
    if (event.status === "aborted") span.setAttribute("llx.status", "aborted");
    if (errorType !== undefined) this.#fail(span, event, errorType);
    if (this.#attributes) span.setAttributes(this.#attributes(event));
  }

  #fail(span: Span, { error, errorEventId }: AnyEventEnd, errorType: string): void {
    span.setAttribute(general.errorType, errorType);
    const shown = this.#captureErrors && error instanceof Error ? error : undefined;
    span.setStatus({ code: SpanStatusCode.ERROR, ...(shown && { message: shown.message }) });
    // Recorded once, on the span of the event where it was thrown.
    if (errorEventId === undefined) span.recordException(shown ?? { name: errorName(error) });
  }
}
