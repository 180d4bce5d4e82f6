import type { CallbackManager } from "@llx/callbacks";
import type { HistogramMetricData } from "@opentelemetry/sdk-metrics";
import { metrics } from "@opentelemetry/api";
import { afterEach, describe, expect, it } from "vitest";
import { RateLimitError } from "@llx/http";
import { RecordedTelemetry, useAsyncContext } from "./testing/record-telemetry.ts";

useAsyncContext();

let recorded: RecordedTelemetry;
afterEach(() => recorded.aclose());

/** The points of a histogram: its attributes, and how many values it has had. */
function points(histogram: HistogramMetricData | undefined): readonly unknown[] {
  return histogram!.dataPoints.map(({ attributes, value }) => [attributes, value.count]);
}

/** The points of a histogram or counter: their attributes, and the sum of their values. */
async function sums(name: string): Promise<readonly unknown[]> {
  const found = await recorded.metric(name);
  return found!.dataPoints.map(({ attributes, value }) => [
    attributes,
    typeof value === "number" ? value : (value as { readonly sum: number }).sum,
  ]);
}

const chat = { "gen_ai.operation.name": "chat", "gen_ai.request.model": "m" };
const embeddings = { "gen_ai.operation.name": "embeddings", "gen_ai.request.model": "m" };

/** What the tests of both generations of names record. */
async function useTokens(manager: CallbackManager): Promise<void> {
  await manager.event("llm", { model: "m" }, (event) =>
    event.set({ usage: { inputTokens: 5, outputTokens: 70, totalTokens: 75 } }),
  );
  await manager.event("embedding", { model: "m" }, (event) => event.set({ usage: { totalTokens: 300 } }));
  await manager.event("embedding", { model: "m" }, () => {});
}

async function* write(): AsyncGenerator<string> {
  yield "the";
  yield "moon";
}

describe("metrics of requests to models", () => {
  it("report the duration of each, and its error type", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    const start = { provider: "Heroku", model: "m", serverAddress: "127.0.0.1", serverPort: 8080 };
    const ok = { ...start, attempt: 1, count: 2 };
    for (const model of ["m-1", "m-1"]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await manager.event("embedding", ok, (event) => event.set({ model }));
    }
    const refused = new RateLimitError("slow down", { provider: "Heroku", status: 429, retryable: true });
    const failing = manager.event("llm", start, () => Promise.reject(refused));
    await expect(failing).rejects.toBe(refused);
    const stopped = manager.event("llm", start, () => Promise.reject(new DOMException("stop", "AbortError")));
    await expect(stopped).rejects.toThrow("stop");
    await manager.event("query", () => {});

    const common = {
      "gen_ai.provider.name": "heroku",
      "gen_ai.request.model": "m",
      "server.address": "127.0.0.1",
      "server.port": 8080,
    };
    const ofEmbeddings = await recorded.histogram("gen_ai.client.embeddings.duration");
    expect(ofEmbeddings?.descriptor.unit).toBe("s");
    expect(points(ofEmbeddings)).toEqual([
      [{ ...common, "gen_ai.operation.name": "embeddings", "gen_ai.response.model": "m-1" }, 2],
    ]);
    expect(ofEmbeddings?.dataPoints[0]?.value.buckets.boundaries).toEqual([
      0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ]);
    const ofInference = await recorded.histogram("gen_ai.client.inference.duration");
    expect(points(ofInference)).toEqual([
      [{ ...common, "gen_ai.operation.name": "chat", "error.type": "429" }, 1],
      [{ ...common, "gen_ai.operation.name": "chat", "error.type": "aborted" }, 1],
    ]);
    expect(await recorded.histogram("gen_ai.client.operation.duration")).toBeUndefined();
  });

  it("are in seconds", async () => {
    recorded = new RecordedTelemetry();
    const durations: number[] = [];
    recorded.manager.addHandler({ onEventEnd: ({ duration }) => void durations.push(duration) });
    await recorded.manager.event("embedding", { model: "m" }, () => new Promise(setImmediate));
    const histogram = await recorded.histogram("gen_ai.client.embeddings.duration");
    expect(durations).toHaveLength(1);
    expect(histogram?.dataPoints[0]?.value.sum).toBe(durations[0]! / 1000);
  });

  it("report input and output tokens", async () => {
    recorded = new RecordedTelemetry();
    await useTokens(recorded.manager);
    const names = [
      "gen_ai.client.embeddings.operation.input_tokens",
      "gen_ai.client.inference.operation.input_tokens",
      "gen_ai.client.inference.operation.output_tokens",
    ];
    const histograms = [];
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (const name of names) histograms.push(await recorded.histogram(name));
    expect(histograms.map((each) => each?.descriptor.unit)).toEqual(["{token}", "{token}", "{token}"]);
    const found = histograms.flatMap((each) =>
      each!.dataPoints.map(({ attributes, value: { sum, buckets } }) => [
        attributes,
        sum,
        buckets.boundaries[buckets.counts.indexOf(1)],
      ]),
    );
    expect(found).toEqual([
      [embeddings, 300, 1024],
      [chat, 5, 16],
      [chat, 70, 256],
    ]);
  });

  it("sum up the tokens of language models", async () => {
    recorded = new RecordedTelemetry();
    await useTokens(recorded.manager);
    await useTokens(recorded.manager);
    const ofAny = { ...chat, "gen_ai.token.modality": "unknown" };
    expect(await sums("gen_ai.client.inference.usage.input_tokens")).toEqual([[ofAny, 10]]);
    expect(await sums("gen_ai.client.inference.usage.output_tokens")).toEqual([[ofAny, 140]]);
  });

  it("report the time to the first chunk, only of streams", async () => {
    recorded = new RecordedTelemetry();
    for await (const word of recorded.manager.stream("llm", { model: "streamed" }, write)) {
      expect(word).not.toBe("");
    }
    await recorded.manager.event("llm", { model: "whole" }, () => {});
    const histogram = await recorded.histogram("gen_ai.client.inference.time_to_first_chunk");
    expect(points(histogram)).toEqual([
      [{ "gen_ai.operation.name": "chat", "gen_ai.request.model": "streamed" }, 1],
    ]);
    const seconds = recorded.span("chat streamed").attributes["gen_ai.response.time_to_first_chunk"];
    expect(histogram?.dataPoints[0]?.value.sum).toBe(seconds);
  });

  it("have their old names on request", async () => {
    recorded = new RecordedTelemetry({ conventions: "gen_ai_1.41" });
    await useTokens(recorded.manager);
    for await (const word of recorded.manager.stream("llm", { model: "m" }, write)) {
      expect(word).not.toBe("");
    }
    const duration = await recorded.histogram("gen_ai.client.operation.duration");
    expect(points(duration)).toEqual([
      [chat, 2],
      [embeddings, 2],
    ]);
    expect(await sums("gen_ai.client.token.usage")).toEqual([
      [{ ...chat, "gen_ai.token.type": "input" }, 5],
      [{ ...chat, "gen_ai.token.type": "output" }, 70],
      [{ ...embeddings, "gen_ai.token.type": "input" }, 300],
    ]);
    const firstChunk = await recorded.histogram("gen_ai.client.operation.time_to_first_chunk");
    expect(points(firstChunk)).toEqual([[chat, 1]]);
    expect(await recorded.metric("gen_ai.client.inference.duration")).toBeUndefined();
  });

  it("go to a provider that is registered later", async () => {
    recorded = new RecordedTelemetry({ meterProvider: undefined });
    await recorded.manager.event("llm", { model: "before" }, () => {});
    metrics.setGlobalMeterProvider(recorded.meterProvider);
    try {
      await recorded.manager.event("llm", { model: "after" }, () => {});
    } finally {
      metrics.disable();
    }
    expect(points(await recorded.histogram("gen_ai.client.inference.duration"))).toEqual([
      [{ "gen_ai.operation.name": "chat", "gen_ai.request.model": "after" }, 1],
    ]);
  });
});
