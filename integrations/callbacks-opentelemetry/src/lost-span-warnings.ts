import { type Counter, createNoopMeter, type Meter, type MeterProvider } from "@opentelemetry/api";
import { general } from "./conventions.ts";

/** A counter of span processors of OpenTelemetry's SDK: processed spans, and why some were lost. */
const processedSpans = "otel.sdk.processor.span.processed";
/** The reason when the processor's queue was full. */
const queueFull = "queue_full";

/**
 * Warns about spans that OpenTelemetry's SDK loses silently: because they end faster than they are sent, or cannot be
 * sent. The first of each kind emits a process warning with the code `LLX_SPANS_LOST`. Pass it to a span processor as the
 * meter provider of its own metrics.
 *
 * @example
 * ```ts
 * import { BatchSpanProcessor, ConsoleSpanExporter } from "@opentelemetry/sdk-trace";
 *
 * const exporter = new ConsoleSpanExporter();
 * const processor = new BatchSpanProcessor({ exporter, selfObsMeterProvider: lostSpanWarnings() });
 * ```
 */
export function lostSpanWarnings(): MeterProvider {
  const reported = new Set<string>();
  const counter: Counter = {
    add(_count, attributes) {
      const why = attributes?.[general.errorType];
      if (typeof why !== "string" || reported.has(why)) return;
      reported.add(why);
      process.emitWarning(messageOf(why), { type: "SpansLost", code: "LLX_SPANS_LOST" });
    },
  };
  const noop = createNoopMeter();
  const meter = Object.create(noop) as Meter;
  meter.createCounter = (name) => (name === processedSpans ? counter : noop.createCounter(name));
  return { getMeter: () => meter };
}

function messageOf(why: string): string {
  if (why === queueFull) {
    return (
      "spans are lost, because they end faster than they are sent and the span processor's queue is full: give the " +
      "BatchSpanProcessor a larger maxQueueSize, or let the work yield to the event loop"
    );
  }
  return `spans are lost, because they could not be exported (${why}); check that the collector runs and accepts them`;
}
