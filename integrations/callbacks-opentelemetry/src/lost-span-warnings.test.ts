import { mapJobs } from "@llx/async";
import { CallbackManager } from "@llx/callbacks";
import { ExportResultCode } from "@opentelemetry/core";
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { lostSpanWarnings } from "./lost-span-warnings.ts";
import { OpenTelemetryHandler } from "./opentelemetry-handler.ts";

beforeEach(() => {
  vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});

afterEach(() => vi.restoreAllMocks());

/** Accepts spans in a later turn, as a network does. */
class LateExporter implements SpanExporter {
  exported = 0;
  readonly #error: Error | undefined;

  constructor(error?: Error) {
    this.#error = error;
  }

  export(...[spans, done]: Parameters<SpanExporter["export"]>): void {
    setImmediate(() => {
      if (this.#error === undefined) this.exported += spans.length;
      const error = this.#error;
      done(error ? { code: ExportResultCode.FAILED, error } : { code: ExportResultCode.SUCCESS });
    });
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

async function runJobs(
  exporter: LateExporter,
  options: { readonly maxQueueSize?: number } = {},
): Promise<TracerProvider> {
  const processor = new BatchSpanProcessor({
    exporter,
    selfObsMeterProvider: lostSpanWarnings(),
    ...options,
  });
  const tracerProvider = new TracerProvider({ spanProcessors: [processor] });
  const manager = new CallbackManager({ handlers: [new OpenTelemetryHandler({ tracerProvider })] });
  const inputs = Array.from({ length: 10_000 }, (_, n) => n);
  // oxlint-disable-next-line require-await -- jobs that do not yield
  await mapJobs(inputs, async (n) => n, { callbackManager: manager });
  return tracerProvider;
}

it("warns once when the SDK drops spans", async () => {
  const exporter = new LateExporter();
  const tracerProvider = await runJobs(exporter);
  await tracerProvider.shutdown();
  expect(exporter.exported).toBe(2_560); // the queue, and the batch in flight
  expect(process.emitWarning).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(
      /^spans are lost, because they end faster than they are sent and the span processor's queue is full/,
    ),
    { type: "SpansLost", code: "LLX_SPANS_LOST" },
  );
});

it("emits no warning if the queue holds all spans", async () => {
  const exporter = new LateExporter();
  const tracerProvider = await runJobs(exporter, { maxQueueSize: 16_384 });
  await tracerProvider.shutdown();
  expect(exporter.exported).toBe(10_000);
  expect(process.emitWarning).not.toHaveBeenCalled();
});

it("warns once when spans cannot be exported", async () => {
  const exporter = new LateExporter(new RangeError("the body is too large"));
  const tracerProvider = await runJobs(exporter, { maxQueueSize: 16_384 });
  await tracerProvider.shutdown().catch(() => {});
  expect(process.emitWarning).toHaveBeenCalledExactlyOnceWith(
    "spans are lost, because they could not be exported (RangeError); check that the collector runs and accepts them",
    expect.anything(),
  );
});
