import { setGlobalHandlers } from "@llx/callbacks";
import { createEmbeddingModel, type EmbeddingModel } from "@llx/embeddings";
import { type FakeService, startEmbeddingServer } from "@llx/embeddings/testing";
import { HttpClient } from "@llx/http";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter as JsonTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OpenTelemetryHandler } from "./opentelemetry-handler.ts";
import { OtlpReceiver } from "./testing/otlp-receiver.ts";
import { readJsonSpans, readProtobufSpans, type WireSpan } from "./testing/read-otlp-spans.ts";
import { useAsyncContext } from "./testing/record-telemetry.ts";

useAsyncContext();

const apiKey = "key-that-nobody-may-see";
const texts = ["The moon makes the tides.", "Bees dance.", "Rivers run to the sea."];

/** A service with a common API. */
const service: FakeService = {
  apiKey,
  read({ path, headers, body }) {
    if (path !== "/v1/embeddings") return this.refuse(404, `no such path: ${path}`);
    if (headers["authorization"] !== `Bearer ${apiKey}`) return this.refuse(401, "invalid key");
    const { input } = body as { readonly input: readonly string[] };
    return { texts: input, dimensions: 8, elementType: "float", encoding: "json" };
  },
  answer: (items) => ({ status: 200, body: { model: "small-2", items, usage: { total_tokens: 7 } } }),
  refuse: (status, message) => ({ status, body: { error: { message } } }),
};

interface Answer {
  readonly model: string;
  readonly items: readonly { readonly index: number; readonly embedding: readonly number[] }[];
  readonly usage: { readonly total_tokens: number };
}

function modelAt(url: string): EmbeddingModel {
  const http = new HttpClient({ provider: "Example", headers: { authorization: `Bearer ${apiKey}` } });
  return createEmbeddingModel(
    {
      provider: "Example",
      model: "small",
      limits: { inputs: 2 },
      async embed({ texts: input }, attempt) {
        const { body } = await http.postJson(`${url}/v1/embeddings`, { input }, attempt);
        const { model, items, usage } = body as Answer;
        return { embeddings: items, model, usage: { totalTokens: usage.total_tokens } };
      },
      aclose: () => http.aclose(),
    },
    { retry: { attempts: 2, delay: 1 } },
  );
}

const undici = new UndiciInstrumentation();
let receiver: OtlpReceiver;

beforeEach(async () => {
  receiver = await new OtlpReceiver().listen();
  undici.enable();
});

afterEach(async () => {
  undici.disable();
  setGlobalHandlers([]);
  await receiver[Symbol.asyncDispose]();
});

/** Embeds the texts in two requests, the first of which is sent twice, and exports what was recorded. */
async function embedTraced(exporter: JsonTraceExporter | ProtobufTraceExporter): Promise<void> {
  const resource = resourceFromAttributes({ "service.name": "a-test" });
  const tracerProvider = new TracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const metricExporter = new OTLPMetricExporter({ url: `${receiver.url}/v1/metrics` });
  const readers = [new PeriodicExportingMetricReader({ exporter: metricExporter })];
  const meterProvider = new MeterProvider({ resource, readers });
  undici.setTracerProvider(tracerProvider);
  setGlobalHandlers([new OpenTelemetryHandler({ tracerProvider, meterProvider })]);
  await using server = await startEmbeddingServer(service);
  server.plan({ kind: "echo", status: 503 });
  await using model = modelAt(server.url);
  const { embeddings } = await model.getTextEmbeddingBatch(texts);
  expect(embeddings).toHaveLength(3);
  expect(server.requests).toHaveLength(3);
  await tracerProvider.shutdown();
  await meterProvider.shutdown();
}

/** Each span with the name of the one above it. */
function tree(spans: readonly WireSpan[]): readonly string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const above = (span: WireSpan): string => byId.get(span.parentSpanId)?.name ?? span.parentSpanId;
  return spans.map((span) => `${above(span)} > ${span.name}`).toSorted();
}

/** Everything about a run that must be the same in every encoding of the protocol. */
function checkSpans(spans: readonly WireSpan[]): void {
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(tree(spans)).toEqual([
    " > embed_texts",
    "async_job > embeddings small",
    "async_job > embeddings small",
    "embed_texts > async_job",
    "embed_texts > async_job",
    "embeddings small > POST",
    "embeddings small > POST",
    "embeddings small > POST",
  ]);
  const requests = spans.filter(({ name }) => name === "embeddings small");
  const posts = spans.filter(({ name }) => name === "POST");
  const postsOf = ({ spanId }: WireSpan): number =>
    posts.filter(({ parentSpanId }) => parentSpanId === spanId).length;
  // One was sent twice.
  const sent = requests.map((span) => `${String(span.attributes["llx.attempts"])}: ${postsOf(span)}`);
  expect(new Set(sent)).toEqual(new Set(["1: 1", "2: 2"]));
  for (const { kind, status, attributes } of requests) {
    expect([kind, status]).toEqual([3, 0]);
    expect(attributes).toMatchObject({
      "gen_ai.operation.name": "embeddings",
      "gen_ai.provider.name": "example",
      "gen_ai.request.model": "small",
      "gen_ai.response.model": "small-2",
      "gen_ai.usage.input_tokens": 7,
      "gen_ai.embeddings.dimension.count": 8,
    });
  }
  expect(spans.find(({ name }) => name === "embed_texts")).toMatchObject({
    kind: 1,
    attributes: { "llx.count": 3, "llx.requests": 2, "llx.dimensions": 8 },
  });
}

function checkNothingIsShown(): void {
  const bytes = Buffer.concat(receiver.exports.map(({ body }) => body)).toString("latin1");
  expect(bytes).toContain("embeddings small");
  for (const hidden of [apiKey, "Bearer", ...texts, "moon", "tides", "Bees", "Rivers"]) {
    expect(bytes).not.toContain(hidden);
  }
}

it("exports a model's requests over OTLP in JSON, with undici's spans below them", async () => {
  await embedTraced(new JsonTraceExporter({ url: `${receiver.url}/v1/traces` }));
  const traces = receiver.exports.find(({ path }) => path === "/v1/traces");
  expect(traces?.contentType).toBe("application/json");
  checkSpans(readJsonSpans(traces!.body));
  checkNothingIsShown();
});

it("exports them over OTLP in protobuf", async () => {
  await embedTraced(new ProtobufTraceExporter({ url: `${receiver.url}/v1/traces` }));
  const traces = receiver.exports.find(({ path }) => path === "/v1/traces");
  expect(traces?.contentType).toBe("application/x-protobuf");
  checkSpans(readProtobufSpans(traces!.body));
  checkNothingIsShown();
});

it("exports the metrics, with the buckets of the conventions", async () => {
  await embedTraced(new JsonTraceExporter({ url: `${receiver.url}/v1/traces` }));
  const exported = receiver.exports.find(({ path }) => path === "/v1/metrics");
  const { resourceMetrics } = JSON.parse(exported!.body.toString());
  const { metrics } = resourceMetrics[0].scopeMetrics[0];
  expect(metrics).toMatchObject([
    {
      name: "gen_ai.client.embeddings.duration",
      unit: "s",
      histogram: {
        dataPoints: [
          {
            count: 2,
            explicitBounds: [
              0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
            ],
          },
        ],
      },
    },
    {
      name: "gen_ai.client.embeddings.operation.input_tokens",
      unit: "{token}",
      histogram: {
        dataPoints: [
          { count: 2, sum: 14, explicitBounds: Array.from({ length: 14 }, (_, power) => 4 ** power) },
        ],
      },
    },
  ]);
});
