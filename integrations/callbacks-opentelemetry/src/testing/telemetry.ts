import { setGlobalHandlers } from "@llx/callbacks";
import { OpenTelemetryHandler } from "@llx/callbacks-opentelemetry";
import { context, metrics, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const resource = resourceFromAttributes({ "service.name": "search" });
// Both exporters send to OTEL_EXPORTER_OTLP_ENDPOINT, else to http://localhost:4318.
const tracerProvider = new TracerProvider({
  resource,
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
});
const meterProvider = new MeterProvider({
  resource,
  readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() })],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager());
trace.setGlobalTracerProvider(tracerProvider);
metrics.setGlobalMeterProvider(meterProvider);
registerInstrumentations({ instrumentations: [new UndiciInstrumentation()] });

setGlobalHandlers([new OpenTelemetryHandler()]);

/** To be called before the process ends: sends what waits. */
export async function shutDown(): Promise<void> {
  await tracerProvider.shutdown();
  await meterProvider.shutdown();
}
