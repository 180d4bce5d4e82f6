import { CallbackManager } from "@llx/callbacks";
import { context, SpanStatusCode } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  DataPointType,
  type HistogramMetricData,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  type IdGenerator,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach } from "vitest";
import { OpenTelemetryHandler, type OpenTelemetryHandlerOptions } from "../opentelemetry-handler.ts";

/** The real context manager, registered around each test of a file. */
export function useAsyncContext(): void {
  beforeEach(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  });
  afterEach(() => context.disable());
}

/** The real SDK, with exporters in memory, and a manager whose events it records. */
export class RecordedTelemetry {
  readonly #spans = new InMemorySpanExporter();
  readonly #metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #reader = new PeriodicExportingMetricReader({ exporter: this.#metrics });
  readonly meterProvider: MeterProvider = new MeterProvider({ readers: [this.#reader] });
  readonly tracerProvider: TracerProvider;
  readonly handler: OpenTelemetryHandler;
  readonly manager: CallbackManager;

  constructor(
    options: OpenTelemetryHandlerOptions = {},
    sdk: { readonly idGenerator?: IdGenerator; readonly sampler?: Sampler } = {},
  ) {
    const spanProcessors = [new SimpleSpanProcessor({ exporter: this.#spans })];
    this.tracerProvider = new TracerProvider({ spanProcessors, ...sdk });
    const { tracerProvider, meterProvider } = this;
    this.handler = new OpenTelemetryHandler({ tracerProvider, meterProvider, ...options });
    this.manager = new CallbackManager({ handlers: [this.handler], onHandlerError: fail });
  }

  /** The ended spans, in order. */
  get spans(): readonly ReadableSpan[] {
    return this.#spans.getFinishedSpans();
  }

  /** The one span with this name. */
  span(name: string): ReadableSpan {
    const [found, ...others] = this.spans.filter((span) => span.name === name);
    if (found === undefined || others.length > 0) {
      throw new Error(`not one ${name} but: ${this.spans.map((span) => span.name).join(", ")}`);
    }
    return found;
  }

  /** The name of the span above; `undefined` for a root. */
  parentOf(span: ReadableSpan): string | undefined {
    const above = span.parentSpanContext;
    if (above === undefined) return undefined;
    const { traceId, spanId } = above;
    const known = this.spans.find((each) => each.spanContext().spanId === spanId);
    return known?.spanContext().traceId === traceId ? known.name : "an unknown span";
  }

  async metric(name: string): Promise<MetricData | undefined> {
    await this.#reader.forceFlush();
    const scopes = this.#metrics.getMetrics().at(-1)?.scopeMetrics ?? [];
    return scopes.flatMap(({ metrics }) => metrics).find(({ descriptor }) => descriptor.name === name);
  }

  async histogram(name: string): Promise<HistogramMetricData | undefined> {
    const found = await this.metric(name);
    return found?.dataPointType === DataPointType.HISTOGRAM ? found : undefined;
  }

  async aclose(): Promise<void> {
    await this.manager.aclose();
    await this.tracerProvider.shutdown();
    await this.meterProvider.shutdown();
  }
}

export const { ERROR, UNSET } = SpanStatusCode;

function fail(error: unknown): never {
  throw error;
}
