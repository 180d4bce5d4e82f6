import { mapJobs } from "@llx/async";
import { CallbackManager, type CallbackHandler } from "@llx/callbacks";
import { RateLimitError } from "@llx/http";
import { SpanKind, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, it } from "vitest";
import { EventIdGenerator } from "./event-id-generator.ts";
import { ERROR, RecordedTelemetry, UNSET, useAsyncContext } from "./testing/record-telemetry.ts";

useAsyncContext();

let recorded: RecordedTelemetry;
afterEach(() => recorded.aclose());

const overloaded = (): RateLimitError =>
  new RateLimitError("slow down", { provider: "Example", status: 429, retryable: true });

/** Sends one request in a job, as often as the outcomes say; an attempt that fails may have used tokens. */
async function send(outcomes: readonly ("ok" | "overloaded" | "invalid" | "aborted")[]): Promise<void> {
  const { manager } = recorded;
  const tracer = recorded.tracerProvider.getTracer("the application");
  await mapJobs(
    ["why?"],
    (_, { attempt }) =>
      manager.event("llm", { provider: "Example", model: "m", attempt }, async (event) => {
        tracer.startSpan(`POST ${attempt}`).end();
        const outcome = outcomes[attempt - 1];
        if (outcome === "overloaded") throw overloaded();
        if (outcome === "aborted") throw new DOMException("stop", "AbortError");
        event.set({ usage: { inputTokens: 10, outputTokens: attempt } });
        if (outcome === "invalid") throw new TypeError("not what was asked for");
        await Promise.resolve();
      }),
    { retry: { attempts: outcomes.length, delay: 1, shouldRetry: () => true }, callbackManager: manager },
  );
}

function milliseconds([seconds, nanoseconds]: readonly [number, number]): number {
  return seconds * 1000 + nanoseconds / 1e6;
}

function eventsOf(span: ReadableSpan): readonly unknown[] {
  return span.events.map(({ name, attributes }) => [name, attributes]);
}

describe("a request with several attempts", () => {
  it("is one span, with an event for each attempt that had another one after it", async () => {
    recorded = new RecordedTelemetry();
    await send(["overloaded", "invalid", "ok"]);
    expect(recorded.spans.map((span) => [span.name, recorded.parentOf(span)])).toEqual([
      ["POST 1", "chat m"],
      ["POST 2", "chat m"],
      ["POST 3", "chat m"],
      ["chat m", "async_job"],
      ["async_job", undefined],
    ]);
    const span = recorded.span("chat m");
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.status).toEqual({ code: UNSET });
    expect(span.attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "example",
      "gen_ai.request.model": "m",
      // The invalid response has used tokens too.
      "gen_ai.usage.input_tokens": 20,
      "gen_ai.usage.output_tokens": 5,
      "llx.attempts": 3,
    });
    expect(eventsOf(span)).toEqual([
      ["llx.attempt", { "llx.attempt": 1, "error.type": "429" }],
      ["llx.attempt", { "llx.attempt": 2, "error.type": "TypeError" }],
    ]);
    const started = milliseconds(span.startTime);
    const times = [...span.events.map(({ time }) => milliseconds(time)), milliseconds(span.endTime)];
    expect(times.every((time, index) => time >= (times[index - 1] ?? started))).toBe(true);
  });

  it("is one measurement of its whole duration and of all tokens", async () => {
    recorded = new RecordedTelemetry();
    const times: number[] = [];
    const watch: CallbackHandler = {
      onEventStart: ({ type, startTime }) => void (type === "llm" && times.push(startTime)),
      onEventEnd: ({ type, endTime }) => void (type === "llm" && times.push(endTime)),
    };
    recorded.manager.addHandler(watch);
    await send(["invalid", "ok"]);
    const duration = await recorded.histogram("gen_ai.client.inference.duration");
    expect(duration?.dataPoints.map(({ attributes, value }) => [attributes, value.count])).toEqual([
      [
        { "gen_ai.operation.name": "chat", "gen_ai.provider.name": "example", "gen_ai.request.model": "m" },
        1,
      ],
    ]);
    expect(times).toHaveLength(4);
    expect(duration?.dataPoints[0]?.value.sum).toBeCloseTo((times[3]! - times[0]!) / 1000, 6);
    const tokens = await recorded.histogram("gen_ai.client.inference.operation.output_tokens");
    expect(tokens?.dataPoints.map(({ value }) => [value.count, value.sum])).toEqual([[1, 3]]);
  });

  it("fails with the error of the last attempt, which is its end", async () => {
    recorded = new RecordedTelemetry();
    await expect(send(["invalid", "overloaded"])).rejects.toThrow("slow down");
    const span = recorded.span("chat m");
    expect(span.status).toEqual({ code: ERROR });
    expect(span.attributes).toMatchObject({ "error.type": "429", "llx.attempts": 2 });
    expect(eventsOf(span)).toEqual([
      ["llx.attempt", { "llx.attempt": 1, "error.type": "TypeError" }],
      ["exception", { "exception.type": "RateLimitError" }],
    ]);
    const duration = await recorded.histogram("gen_ai.client.inference.duration");
    expect(duration?.dataPoints.map(({ attributes }) => attributes["error.type"])).toEqual(["429"]);
  });

  it("ends with the last attempt, although only the end of its job tells that it was the last", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    await manager.event("async_job", async () => {
      const failing = manager.event("llm", { model: "m", attempt: 1 }, () => Promise.reject(overloaded()));
      await expect(failing).rejects.toThrow("slow down");
      expect(recorded.spans).toEqual([]);
      const failed = performance.now();
      while (performance.now() - failed < 5) await Promise.resolve();
    });
    const [request, job] = recorded.spans.map(({ duration }) => milliseconds(duration));
    expect(job).toBeGreaterThanOrEqual(request! + 5);
  });

  it("is aborted with its last attempt", async () => {
    recorded = new RecordedTelemetry();
    await expect(send(["overloaded", "aborted"])).rejects.toThrow("stop");
    const span = recorded.span("chat m");
    expect(span.status).toEqual({ code: UNSET });
    expect(span.attributes).toMatchObject({ "llx.status": "aborted", "llx.attempts": 2 });
  });

  it("has a span for each attempt on request", async () => {
    recorded = new RecordedTelemetry({ attempts: "spans" }, { idGenerator: new EventIdGenerator() });
    const ids: string[] = [];
    recorded.manager.addHandler({
      onEventEnd: ({ type, id, traceId }) => void (type === "llm" && ids.push(`${traceId}-${id}`)),
    });
    await send(["overloaded", "ok"]);
    expect(recorded.spans.map((span) => [span.name, recorded.parentOf(span)])).toEqual([
      ["POST 1", "attempt"],
      ["attempt", "chat m"],
      ["POST 2", "attempt"],
      ["attempt", "chat m"],
      ["chat m", "async_job"],
      ["async_job", undefined],
    ]);
    const attempts = recorded.spans.filter(({ name }) => name === "attempt");
    expect(attempts.map(({ attributes, status }) => [attributes, status.code])).toEqual([
      [{ "llx.attempt": 1, "error.type": "429" }, ERROR],
      [{ "llx.attempt": 2 }, UNSET],
    ]);
    expect(attempts.map(({ events }) => events.map(({ name }) => name))).toEqual([["exception"], []]);
    expect(recorded.span("chat m").events).toEqual([]);
    // What serializeTrace() names is a span.
    const spanIds = attempts.map((span) => {
      const { traceId, spanId } = span.spanContext();
      return `${traceId}-${spanId}`;
    });
    expect(spanIds).toEqual(ids);
  });

  it("records its error once, on the span of the attempt", async () => {
    recorded = new RecordedTelemetry({ attempts: "spans" });
    await expect(send(["overloaded"])).rejects.toThrow("slow down");
    const span = recorded.span("chat m");
    expect([span.status, span.attributes["error.type"], span.events]).toEqual([{ code: ERROR }, "429", []]);
    expect(recorded.span("attempt").events.map(({ name }) => name)).toEqual(["exception"]);
  });

  it("is unfinished if the handler closes during an attempt, and failed if it closes after one", async () => {
    recorded = new RecordedTelemetry({ attempts: "spans" });
    const job = recorded.manager.startEvent("async_job");
    await expect(
      job.run(() =>
        recorded.manager.event("llm", { model: "failed", attempt: 1 }, () => Promise.reject(overloaded())),
      ),
    ).rejects.toThrow("slow down");
    const open = job.child("llm", { model: "open", attempt: 1 });
    await new CallbackManager({ handlers: [recorded.handler] }).aclose();
    open.onEnd();
    job.onEnd();
    expect(recorded.span("chat failed").attributes).toMatchObject({ "error.type": "429" });
    expect(recorded.span("chat open").attributes).toMatchObject({ "llx.status": "unfinished" });
  });
});

describe("separate requests", () => {
  it("of one job are not attempts at each other", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    await manager.event("async_job", async () => {
      const ask = (model: string, attempt: number | undefined, fails: boolean): Promise<void> =>
        manager.event("llm", { model, ...(attempt !== undefined && { attempt }) }, () => {
          if (fails) throw overloaded();
        });
      // Another model, the same attempt, and events that do not say that they are attempts.
      await expect(ask("large", 1, true)).rejects.toThrow("slow down");
      await ask("small", 2, false);
      await expect(ask("fast", 1, true)).rejects.toThrow("slow down");
      await ask("fast", 1, false);
      await expect(ask("plain", undefined, true)).rejects.toThrow("slow down");
      await ask("plain", undefined, false);
    });
    const names = recorded.spans.map(({ name }) => name);
    expect(names.toSorted((a, b) => a.localeCompare(b))).toEqual([
      "async_job",
      "chat fast",
      "chat fast",
      "chat large",
      "chat plain",
      "chat plain",
      "chat small",
    ]);
    expect(recorded.spans.flatMap(({ events }) => events.map(({ name }) => name))).toEqual(
      Array.from({ length: 3 }, () => "exception"),
    );
  });

  it("that have finally failed are not taken for the attempt before", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    const ask = (attempt: number, count: number, fails: boolean): Promise<void> =>
      manager.event("llm", { model: "m", attempt, count }, () => {
        if (fails) throw overloaded();
      });
    await manager.event("ingestion", async () => {
      await expect(ask(1, 10, true)).rejects.toThrow("slow down");
      await expect(ask(1, 20, true)).rejects.toThrow("slow down");
      await ask(2, 20, false);
    });
    const requests = recorded.spans.filter(({ name }) => name === "chat m");
    expect(requests.map(({ attributes }) => [attributes["llx.count"], attributes["llx.attempts"]])).toEqual([
      [20, 2],
      [10, 1],
    ]);
  });

  it("that have finally failed below a long event are ended, beyond a thousand", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    await manager.event("ingestion", async () => {
      for (let count = 1; count <= 1_002; count++) {
        const failing = manager.event("llm", { model: "m", attempt: 1, count }, () => {
          throw overloaded();
        });
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await failing.catch(() => {});
      }
      expect(recorded.spans.map(({ attributes }) => attributes["llx.count"])).toEqual([1, 2]);
    });
    expect(recorded.spans).toHaveLength(1_003);
  });

  it("of jobs that run at once keep their attempts", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    await mapJobs(
      Array.from({ length: 30 }, (_, index) => index),
      (index, { attempt }) =>
        manager.event("embedding", { model: "m", count: index, attempt }, async () => {
          await new Promise(setImmediate);
          if (attempt <= index % 3) throw new TypeError("not yet");
        }),
      {
        workers: 8,
        retry: { attempts: 3, delay: 1, shouldRetry: () => true },
        callbackManager: manager,
      },
    );
    const spans = recorded.spans.filter(({ name }) => name === "embeddings m");
    const attempts = spans.map(({ attributes, events }) => [
      attributes["llx.count"],
      attributes["llx.attempts"],
      events.length,
    ]);
    expect(attempts.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 30 }, (_, index) => [index, (index % 3) + 1, index % 3]),
    );
  });

  it("without an event above them end at once", async () => {
    recorded = new RecordedTelemetry();
    const ask = (attempt: number): Promise<void> =>
      recorded.manager.event("llm", { model: "m", attempt }, () => {
        if (attempt === 1) throw overloaded();
        expect(trace.getActiveSpan()).toBeDefined();
      });
    await expect(ask(1)).rejects.toThrow("slow down");
    expect(recorded.spans).toHaveLength(1);
    await ask(2);
    expect(recorded.spans).toHaveLength(2);
  });
});
