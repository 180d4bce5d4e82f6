import type {
  AnyEventEnd,
  AnyEventStart,
  CallbackHandler,
  Capture,
  EventChunk,
  EventLink,
  TraceInfo,
} from "@llx/callbacks";
import { checkBoolean, checkNames, describe, type NamesOf } from "@llx/support";
import {
  type Attributes,
  type Context,
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
import { general } from "./conventions.ts";
import { errorName, ErrorTypes } from "./error-type.ts";
import { operationOf } from "./event-attributes.ts";
import { withEventIds } from "./event-id-generator.ts";
import { attemptOf, type FailedAttempt, FailedAttempts } from "./failed-attempts.ts";
import { findParent } from "./find-parent.ts";
import { genAiForm } from "./gen-ai-form.ts";
import { GenAiMetrics } from "./gen-ai-metrics.ts";
import { isTracing } from "./is-registered.ts";
import { NamedTraces } from "./named-traces.ts";
import { openInferenceForm } from "./open-inference-form.ts";
import { type OpenSpan, withEvent } from "./open-span.ts";
import type { SpanForm } from "./span-form.ts";
import { addTokens, noTokens } from "./token-counts.ts";

const allConventions = ["gen_ai", "gen_ai_1.41", "openinference"] as const;
const allAttempts = ["events", "spans"] as const;

/** Where spans and metrics go, and what they contain. */
export interface OpenTelemetryHandlerOptions {
  /**
   * `true`: prompts, completions, texts and other contents of payloads are exported; vectors never are.
   * Default `false`.
   */
  readonly captureContent?: boolean | undefined;
  /** `true`: messages and stacks of errors are exported, whatever they contain. Default `false`: only their names. */
  readonly captureErrors?: boolean | undefined;
  /**
   * What names and attributes follow: `"gen_ai"`, version 0.1.0 of OpenTelemetry's conventions for generative AI;
   * `"gen_ai_1.41"`, with the names of metrics from before, for dashboards that need them; or `"openinference"`, spans by
   * OpenInference, which Phoenix and others read. Default `"gen_ai"`.
   */
  readonly conventions?: (typeof allConventions)[number] | undefined;
  /**
   * The span of a request to a model covers all its attempts. `"events"`: a failed attempt before another one is an event
   * of that span. `"spans"`: each attempt is a span below it. Default `"events"`.
   */
  readonly attempts?: (typeof allAttempts)[number] | undefined;
  /** Returns more attributes for the span of an event; called when the event ends. */
  readonly attributes?: ((event: AnyEventEnd) => Attributes) | undefined;
  /** Default: the registered one. */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Default: the registered one. */
  readonly meterProvider?: MeterProvider | undefined;
}

const names: NamesOf<OpenTelemetryHandlerOptions> = {
  captureContent: true,
  captureErrors: true,
  conventions: true,
  attempts: true,
  attributes: true,
  tracerProvider: true,
  meterProvider: true,
};

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
  readonly #form: SpanForm;
  readonly #attemptSpans: boolean;
  readonly #traces: NamedTraces;
  readonly #failed = new FailedAttempts();
  readonly #open = new Map<string, OpenSpan>();
  readonly #errorTypes = new ErrorTypes();

  /** @throws TypeError for invalid options */
  constructor(options: OpenTelemetryHandlerOptions = {}) {
    checkNames(options, names);
    const { captureContent = false, captureErrors = false } = options;
    const { conventions = "gen_ai", attempts = "events" } = options;
    const { attributes, tracerProvider, meterProvider } = options;
    checkChoice("conventions", conventions, allConventions);
    checkChoice("attempts", attempts, allAttempts);
    // The string "false" of an environment variable must not export texts.
    checkBoolean("captureContent", captureContent);
    checkBoolean("captureErrors", captureErrors);
    if (attributes !== undefined && typeof attributes !== "function") {
      throw new TypeError(`attributes must be a function of an event, not ${typeof attributes}`);
    }
    checkProvider("tracerProvider", tracerProvider, "getTracer");
    checkProvider("meterProvider", meterProvider, "getMeter");
    this.capture = captureContent ? "full" : "sizes";
    this.#captureErrors = captureErrors;
    this.#attributes = attributes;
    this.#tracerProvider = tracerProvider;
    this.#tracer = (tracerProvider ?? trace).getTracer("@llx/callbacks-opentelemetry");
    this.#metrics = new GenAiMetrics(meterProvider, conventions === "gen_ai_1.41");
    this.#form = conventions === "openinference" ? openInferenceForm : genAiForm;
    this.#attemptSpans = attempts === "spans";
    this.#traces = new NamedTraces(this.#tracer, this.#form.plain);
  }

  startTrace(info: TraceInfo): void {
    if (isTracing(this.#tracerProvider)) this.#traces.start(info);
  }

  endTrace(info: TraceInfo): void {
    this.#traces.end(info);
  }

  onEventStart(event: AnyEventStart): void {
    if (!isTracing(this.#tracerProvider) && !this.#metrics.active) return;
    const earlier = this.#failed.takeBefore(event);
    const open = earlier === undefined ? this.#start(event) : this.#continue(earlier, event);
    if (event.type === "embed_texts") this.#linkCallers(event.payload.sharedBy, open.span);
    this.#open.set(event.id, open);
  }

  around<R>(event: AnyEventStart, body: () => R): R {
    const open = this.#find(event);
    return open ? context.with(open.context, body) : body();
  }

  onEventChunk(event: AnyEventStart, chunk: EventChunk): void {
    const open = this.#find(event);
    if (open === undefined) return;
    open.firstChunkAfter ??= performance.timeOrigin + performance.now() - open.startTime;
    if (typeof chunk.content === "string") open.streamed += chunk.content;
  }

  onEventEnd(event: AnyEventEnd): void {
    const open = this.#find(event);
    if (open === undefined) return;
    this.#open.delete(event.id);
    try {
      for (const failed of this.#failed.release(event)) this.#endFailed(failed);
    } finally {
      this.#endEvent(open, event);
    }
  }

  /** Ends the spans of open events, whose ends will not be received any more. */
  aclose(): void {
    for (const failed of this.#failed.releaseAll()) this.#endFailed(failed);
    for (const { span, attempt } of this.#open.values()) {
      for (const each of attempt === undefined ? [span] : [attempt, span]) {
        each.setAttribute("llx.status", "unfinished");
        each.end();
      }
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

  #start(event: AnyEventStart): OpenSpan {
    const parent = findParent(event, this.#open, this.#traces);
    const isCall = operationOf(event) !== undefined;
    const hasAttempts = this.#attemptSpans && isCall && attemptOf(event) !== undefined;
    const options = {
      kind: isCall ? SpanKind.CLIENT : SpanKind.INTERNAL,
      // Tags under their own names, which may be conventional ones; what is known of the event wins.
      attributes: { ...event.tags, ...this.#form.startAttributes(event) },
      ...(parent.links && { links: parent.links }),
    };
    const startSpan = (): Span => this.#tracer.startSpan(this.#form.nameOf(event), options, parent.context);
    const span = withEventIds(event, startSpan, hasAttempts);
    // With metrics only, or with tracing suppressed, there is no span to activate.
    const recorded = isSpanContextValid(span.spanContext());
    const inside = recorded ? trace.setSpan(parent.context, span) : parent.context;
    const { startTime } = event;
    const begun = { span, inside, startTime, tokens: noTokens, firstChunkAfter: undefined };
    return this.#attempt(begun, event, hasAttempts);
  }

  /** Another attempt at a request. */
  #continue({ open, event: earlier, errorType, endedAt }: FailedAttempt, event: AnyEventStart): OpenSpan {
    if (open.attempt === undefined) {
      const attributes = { "llx.attempt": attemptOf(earlier), [general.errorType]: errorType };
      open.span.addEvent("llx.attempt", attributes, endedAt);
    }
    return this.#attempt(open, event, open.attempt !== undefined);
  }

  #attempt(
    call: Omit<OpenSpan, "context" | "attempt" | "streamed">,
    event: AnyEventStart,
    withSpan: boolean,
  ): OpenSpan {
    const { inside } = call;
    const attempt = withSpan ? withEventIds(event, () => this.#startAttempt(event, inside)) : undefined;
    const active = attempt === undefined ? inside : trace.setSpan(inside, attempt);
    const isRecorded = isSpanContextValid(call.span.spanContext());
    return { ...call, attempt, context: isRecorded ? withEvent(active, event) : inside, streamed: "" };
  }

  #startAttempt(event: AnyEventStart, inside: Context): Span {
    const attributes = { ...this.#form.plain, "llx.attempt": attemptOf(event) };
    return this.#tracer.startSpan("attempt", { attributes }, inside);
  }

  #endEvent(open: OpenSpan, event: AnyEventEnd): void {
    const errorType = event.status === "error" ? this.#errorTypes.of(event) : undefined;
    this.#endAttempt(open, event, errorType);
    if (operationOf(event) === undefined) {
      this.#end(open, event, errorType);
      return;
    }
    const call = { ...open, tokens: addTokens(open.tokens, event) };
    const { parentId } = event;
    // Below an event that is not known here, nothing would tell that there is no other attempt.
    const mayFollow = attemptOf(event) !== undefined && parentId !== undefined && this.#open.has(parentId);
    if (errorType !== undefined && mayFollow) {
      const failed = { event, open: call, errorType, endedAt: performance.now() };
      const tooMany = this.#failed.hold(parentId, failed);
      if (tooMany !== undefined) this.#endFailed(tooMany);
    } else this.#end(call, event, errorType);
  }

  #endAttempt({ attempt }: OpenSpan, event: AnyEventEnd, errorType: string | undefined): void {
    if (attempt === undefined) return;
    this.#setStatus(attempt, event, errorType);
    attempt.end();
  }

  #endFailed({ open, event, errorType, endedAt }: FailedAttempt): void {
    this.#end(open, event, errorType, endedAt);
  }

  #end(open: OpenSpan, event: AnyEventEnd, errorType: string | undefined, endedAt?: number): void {
    const { span } = open;
    try {
      if (operationOf(event) !== undefined) {
        const failure = event.status === "aborted" ? "aborted" : errorType;
        const duration = event.startTime - open.startTime + event.duration;
        this.#metrics.record({ ...open, event, duration, errorType: failure });
      }
      if (span.isRecording()) {
        span.setAttributes(this.#form.endAttributes(event, open));
        const attempt = attemptOf(event);
        if (operationOf(event) !== undefined && attempt !== undefined) {
          span.setAttribute("llx.attempts", attempt);
        }
        this.#setStatus(span, event, errorType, open.attempt !== undefined);
        if (this.#attributes) span.setAttributes(this.#attributes(event));
      }
    } finally {
      span.end(endedAt);
    }
  }

  /** @param isRecorded whether the error is on the span of the attempt */
  #setStatus(
    span: Span,
    { status, error, errorEventId }: AnyEventEnd,
    errorType: string | undefined,
    isRecorded = false,
  ): void {
    if (status === "aborted") span.setAttribute("llx.status", "aborted");
    if (errorType === undefined) return;
    span.setAttribute(general.errorType, errorType);
    const shown = this.#captureErrors && error instanceof Error ? error : undefined;
    span.setStatus({ code: SpanStatusCode.ERROR, ...(shown && { message: shown.message }) });
    // Recorded once, on the span of the event where it was thrown.
    if (errorEventId === undefined && !isRecorded) span.recordException(shown ?? { name: errorName(error) });
  }
}

function checkChoice(option: string, value: unknown, choices: readonly string[]): void {
  if (choices.includes(value as string)) return;
  const list = choices.map((choice) => `"${choice}"`).join(", ");
  throw new TypeError(`${option} must be one of ${list}, not ${JSON.stringify(value)}`);
}

function checkProvider(name: string, value: unknown, method: string): void {
  if (value === undefined || typeof (value as Record<string, unknown> | null)?.[method] === "function")
    return;
  throw new TypeError(
    `${name} must be a provider of OpenTelemetry, with ${method}(), not ${describe(value)}`,
  );
}
