import { readFile } from "node:fs/promises";
import { mapJobs } from "@llx/async";
import { CallbackManager, continueTrace, setGlobalHandlers } from "@llx/callbacks";
import { context, metrics, propagation, trace } from "@opentelemetry/api";
import { afterEach, expect, it, vi } from "vitest";
import { OtlpReceiver } from "./testing/otlp-receiver.ts";
import { readJsonSpans } from "./testing/read-otlp-spans.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  setGlobalHandlers([]);
  for (const api of [context, metrics, propagation, trace]) api.disable();
});

it("shows the set-up of an SDK that works", async () => {
  const here = (path: string): URL => new URL(path, import.meta.url);
  const readme = await readFile(here("../README.md"), "utf8");
  const setUp = await readFile(here("testing/telemetry.ts"), "utf8");
  expect(readme).toContain(`\`\`\`\n${setUp}\`\`\`\n`);

  await using receiver = await new OtlpReceiver().listen();
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url);
  const { shutDown } = await import("./testing/telemetry.ts");
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  await new CallbackManager().event("embedding", { model: "small" }, () => {});

  // More than the queue of the SDK holds by default, and they do not yield.
  const inputs = Array.from({ length: 10_000 }, (_, n) => n);
  // oxlint-disable-next-line require-await
  await mapJobs(inputs, async (n) => n);

  const carrier = { traceparent: "" };
  const span = trace.getTracer("a server").startSpan("GET");
  propagation.inject(trace.setSpan(context.active(), span), carrier);
  const { traceId, spanId } = span.spanContext();
  expect(carrier.traceparent).toBe(`00-${traceId}-${spanId}-01`);
  await continueTrace(carrier, () => new CallbackManager().event("query", () => {}));
  span.end();

  await shutDown();
  const traces = receiver.exports.filter(({ path }) => path === "/v1/traces");
  const spans = traces.flatMap(({ body }) => readJsonSpans(body));
  const byName = Map.groupBy(spans, ({ name }) => name);
  const counts = Object.fromEntries(Array.from(byName, ([name, { length }]) => [name, length]));
  expect(counts).toEqual({ "embeddings small": 1, async_job: 10_000, GET: 1, query: 1 });
  expect(spans.find(({ name }) => name === "query")).toMatchObject({ traceId, parentSpanId: spanId });
  const exported = receiver.exports.find(({ path }) => path === "/v1/metrics");
  expect(exported?.body.toString()).toContain("gen_ai.client.embeddings.duration");
  expect(warn).not.toHaveBeenCalled();
});
