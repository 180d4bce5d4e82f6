import { setGlobalHandlers } from "@llx/callbacks";
import { lostSpanWarnings, OpenTelemetryHandler } from "@llx/callbacks-opentelemetry";
import { context, metrics, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const resource = resourceFromAttributes({ "service.name": "search" });
// Both exporters send to OTEL_EXPORTER_OTLP_ENDPOINT, else to http://localhost:4318.
const spanProcessor = new BatchSpanProcessor({
  exporter: new OTLPTraceExporter(),
  // Spans that do not fit are dropped, and at most 30 batches are sent at once.
  maxQueueSize: 32_768,
  maxExportBatchSize: 2_048,
  selfObsMeterProvider: lostSpanWarnings(),
});
const tracerProvider = new TracerProvider({ resource, spanProcessors: [spanProcessor] });
const meterProvider = new MeterProvider({
  resource,
  readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() })],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(tracerProvider);
metrics.setGlobalMeterProvider(meterProvider);
registerInstrumentations({ instrumentations: [new UndiciInstrumentation()] });

setGlobalHandlers([new OpenTelemetryHandler()]);

/** Call it before the process ends: sends the queued spans. */
export async function shutDown(): Promise<void> {
  await tracerProvider.shutdown();
  await meterProvider.shutdown();
}
