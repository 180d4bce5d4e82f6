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

    const histogram = await recorded.histogram("gen_ai.client.operation.duration");
    expect(histogram?.descriptor.unit).toBe("s");
    const common = {
      "gen_ai.provider.name": "heroku",
      "gen_ai.request.model": "m",
      "server.address": "127.0.0.1",
      "server.port": 8080,
    };
    const embeddings = { ...common, "gen_ai.operation.name": "embeddings" };
    const chat = { ...common, "gen_ai.operation.name": "chat" };
    expect(points(histogram)).toEqual([
      [{ ...embeddings, "gen_ai.response.model": "m-1" }, 2],
      [{ ...chat, "error.type": "429" }, 1],
      [{ ...chat, "error.type": "aborted" }, 1],
    ]);
    expect(histogram?.dataPoints[0]?.value.buckets.boundaries).toEqual([
      0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ]);
  });

  it("are in seconds", async () => {
    recorded = new RecordedTelemetry();
    const durations: number[] = [];
    recorded.manager.addHandler({ onEventEnd: ({ duration }) => void durations.push(duration) });
    await recorded.manager.event("embedding", { model: "m" }, () => new Promise(setImmediate));
    const histogram = await recorded.histogram("gen_ai.client.operation.duration");
    expect(durations).toHaveLength(1);
    expect(histogram?.dataPoints[0]?.value.sum).toBe(durations[0]! / 1000);
  });

  it("report input and output tokens", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    await manager.event("llm", { model: "m" }, (event) =>
      event.set({ usage: { inputTokens: 5, outputTokens: 70, totalTokens: 75 } }),
    );
    await manager.event("embedding", { model: "m" }, (event) => event.set({ usage: { totalTokens: 300 } }));
    await manager.event("embedding", { model: "m" }, () => {});
    const histogram = await recorded.histogram("gen_ai.client.token.usage");
    expect(histogram?.descriptor.unit).toBe("{token}");
    const found = histogram!.dataPoints.map(({ attributes, value }) => [
      attributes["gen_ai.operation.name"],
      attributes["gen_ai.token.type"],
      value.sum,
      value.buckets.boundaries[value.buckets.counts.indexOf(1)],
    ]);
    expect(found).toEqual([
      ["chat", "input", 5, 16],
      ["chat", "output", 70, 256],
      ["embeddings", "input", 300, 1024],
    ]);
  });

  it("report the time to the first chunk, only of streams", async () => {
    recorded = new RecordedTelemetry();
    async function* write(): AsyncGenerator<string> {
      yield "the";
      yield "moon";
    }
    for await (const word of recorded.manager.stream("llm", { model: "streamed" }, write)) {
      expect(word).not.toBe("");
    }
    await recorded.manager.event("llm", { model: "whole" }, () => {});
    const histogram = await recorded.histogram("gen_ai.client.operation.time_to_first_chunk");
    expect(points(histogram)).toEqual([
      [{ "gen_ai.operation.name": "chat", "gen_ai.request.model": "streamed" }, 1],
    ]);
    const seconds = recorded.span("chat streamed").attributes["gen_ai.response.time_to_first_chunk"];
    expect(histogram?.dataPoints[0]?.value.sum).toBe(seconds);
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
    expect(points(await recorded.histogram("gen_ai.client.operation.duration"))).toEqual([
      [{ "gen_ai.operation.name": "chat", "gen_ai.request.model": "after" }, 1],
    ]);
  });
});
