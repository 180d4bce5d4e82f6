import { type Counter, createNoopMeter, type Meter, type MeterProvider } from "@opentelemetry/api";
import { general } from "./conventions.ts";

/** What a span processor of OpenTelemetry's SDK counts: the spans it is done with, and why some were lost. */
const processedSpans = "otel.sdk.processor.span.processed";
/** Why, where there was no room for them. */
const queueFull = "queue_full";

/**
 * Tells of spans that OpenTelemetry's SDK loses, which it does in silence: because they end faster than they are sent, or as
 * they cannot be sent. The first of each kind is a process warning with the code `LLX_SPANS_LOST`. To be given to a span
 * processor as the meter provider of its own metrics.
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
  const told = new Set<string>();
  const counter: Counter = {
    add(_count, attributes) {
      const why = attributes?.[general.errorType];
      if (typeof why !== "string" || told.has(why)) return;
      told.add(why);
      process.emitWarning(wordsOf(why), { type: "SpansLost", code: "LLX_SPANS_LOST" });
    },
  };
  const noop = createNoopMeter();
  const meter = Object.create(noop) as Meter;
  meter.createCounter = (name) => (name === processedSpans ? counter : noop.createCounter(name));
  return { getMeter: () => meter };
}

function wordsOf(why: string): string {
  if (why === queueFull) {
    return (
      "spans are lost, as more have ended than the span processor's queue holds until they are sent: give the " +
      "BatchSpanProcessor a larger maxQueueSize, or let the work yield to the event loop"
    );
  }
  return `spans are lost, as they could not be exported (${why}): is the collector there, and does it take them?`;
}
