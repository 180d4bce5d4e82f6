import { CallbackManager, continueTrace, DebugHandler, serializeTrace } from "@llx/callbacks";
import { trace } from "@opentelemetry/api";
import { afterEach, describe, expect, it } from "vitest";
import { EventIdGenerator } from "./event-id-generator.ts";
import { RecordedTelemetry, useAsyncContext } from "./testing/record-telemetry.ts";

useAsyncContext();

const traceId = "0af7651916cd43dd8448eb211c80319c";
const far = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };

let recorded: RecordedTelemetry;
afterEach(() => recorded.aclose());

describe("an event of a remote trace", () => {
  it("is a child of the remote span", async () => {
    recorded = new RecordedTelemetry();
    await continueTrace(far, () => recorded.manager.event("retrieve", () => {}));
    const span = recorded.span("retrieve");
    expect(span.spanContext().traceId).toBe(traceId);
    expect(span.parentSpanContext).toMatchObject({ traceId, spanId: "b7ad6b7169203331", isRemote: true });
    expect(span.links).toEqual([]);
  });

  it("is a child of the active span, with a link to the remote span of another trace", async () => {
    recorded = new RecordedTelemetry();
    const tracer = recorded.tracerProvider.getTracer("the application");
    await tracer.startActiveSpan("process job", async (span) => {
      await continueTrace(far, () => recorded.manager.event("retrieve", () => {}));
      span.end();
    });
    const span = recorded.span("retrieve");
    expect(recorded.parentOf(span)).toBe("process job");
    expect(span.spanContext().traceId).not.toBe(traceId);
    expect(span.links.map((link) => link.context)).toMatchObject([{ traceId, spanId: "b7ad6b7169203331" }]);
  });

  it("is a child of the active span, if that is in the same trace", async () => {
    recorded = new RecordedTelemetry();
    const tracer = recorded.tracerProvider.getTracer("the application");
    await tracer.startActiveSpan("GET /search", async (span) => {
      const { traceId: active, spanId } = span.spanContext();
      const here = { traceparent: `00-${active}-${spanId}-01` };
      await continueTrace(here, () => recorded.manager.event("retrieve", () => {}));
      span.end();
    });
    expect(recorded.parentOf(recorded.span("retrieve"))).toBe("GET /search");
    expect(recorded.span("retrieve").links).toEqual([]);
  });

  it("stays below the remote span in a trace that it opens itself", async () => {
    recorded = new RecordedTelemetry();
    await continueTrace(far, () =>
      recorded.manager.asTrace("nightly", () => recorded.manager.event("retrieve", () => {})),
    );
    expect(recorded.spans.map(({ name }) => name)).toEqual(["retrieve"]);
    expect(recorded.span("retrieve").parentSpanContext?.spanId).toBe("b7ad6b7169203331");
  });
});

describe("a trace over two processes", () => {
  it("is one trace of spans, if they have the ids of events", async () => {
    const sender = new RecordedTelemetry({}, { idGenerator: new EventIdGenerator() });
    recorded = new RecordedTelemetry({}, { idGenerator: new EventIdGenerator() });
    const carrier = await sender.manager.event("query", () =>
      sender.manager.event("async_job", () => serializeTrace()),
    );
    await continueTrace(carrier, () => recorded.manager.event("retrieve", () => {}));
    const [job, query] = sender.spans;
    const [retrieve] = recorded.spans;
    expect(retrieve?.parentSpanContext?.spanId).toBe(job?.spanContext().spanId);
    expect(job?.parentSpanContext?.spanId).toBe(query?.spanContext().spanId);
    expect(new Set([retrieve, job, query].map((span) => span?.spanContext().traceId)).size).toBe(1);
    expect(carrier?.traceparent).toContain(job?.spanContext().spanId);
    await sender.aclose();
  });

  it("uses each id once", async () => {
    const given: string[] = [];
    const ids = new EventIdGenerator();
    const generateSpanId = (): string => {
      // As if a processor started its own span while the span of the event starts.
      given.push(ids.generateSpanId(), ids.generateSpanId());
      return given[0]!;
    };
    const idGenerator = { generateTraceId: () => ids.generateTraceId(), generateSpanId };
    recorded = new RecordedTelemetry({}, { idGenerator });
    const id = await recorded.manager.event("query", (event) => event.id);
    expect(given).toEqual([id, expect.stringMatching(/^[\da-f]{16}$/)]);
    expect(given[1]).not.toBe(id);
  });

  it("gives other spans random ids", () => {
    recorded = new RecordedTelemetry({}, { idGenerator: new EventIdGenerator() });
    const tracer = recorded.tracerProvider.getTracer("the application");
    const contexts = ["a", "b"].map((name) => tracer.startSpan(name).spanContext());
    for (const each of contexts) expect(trace.isSpanContextValid(each)).toBe(true);
    expect(contexts[0]?.traceId).not.toBe(contexts[1]?.traceId);
    expect(contexts[0]?.spanId).not.toBe(contexts[1]?.spanId);
  });
});

describe("an event below one that has no span", () => {
  it("is a child of the active span", async () => {
    recorded = new RecordedTelemetry();
    const outer = new CallbackManager({ handlers: [new DebugHandler()] });
    await outer.event("query", () => recorded.manager.event("retrieve", () => {}));
    expect(recorded.span("retrieve").parentSpanContext).toBeUndefined();
  });
});

describe("a trace with a name", () => {
  it("is a span above its events, as long as the trace", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    const tracer = recorded.tracerProvider.getTracer("the application");
    await tracer.startActiveSpan("cron", async (span) => {
      await manager.asTrace("nightly", async () => {
        await manager.event("retrieve", () => {});
        await manager.event("query", () => manager.event("synthesize", () => {}));
      });
      span.end();
    });
    expect(recorded.spans.map((each) => [each.name, recorded.parentOf(each)])).toEqual([
      ["retrieve", "nightly"],
      ["synthesize", "query"],
      ["query", "nightly"],
      ["nightly", "cron"],
      ["cron", undefined],
    ]);
  });

  it("lasts as long as its last part, of any manager", async () => {
    recorded = new RecordedTelemetry();
    const { manager, handler } = recorded;
    const other = new CallbackManager({ handlers: [handler] });
    const before = Date.now();
    await manager.asTrace("nightly", async () => {
      const entered = Date.now();
      while (Date.now() === entered) await Promise.resolve();
      await manager.event("retrieve", () => {});
      await other.event("query", () => {});
      await manager.event("synthesize", () => {});
    });
    expect(recorded.spans.map(({ name }) => name)).toEqual(["retrieve", "query", "synthesize", "nightly"]);
    const startOf = (name: string): number => {
      const [seconds, nanoseconds] = recorded.span(name).startTime;
      return seconds * 1000 + nanoseconds / 1e6;
    };
    expect(startOf("nightly")).toBeGreaterThanOrEqual(before);
    expect(startOf("nightly")).toBeLessThan(startOf("retrieve"));
  });

  it("uses a span that the application starts in between as the parent", async () => {
    recorded = new RecordedTelemetry();
    const tracer = recorded.tracerProvider.getTracer("the application");
    await recorded.manager.asTrace("nightly", () =>
      tracer.startActiveSpan("step", async (span) => {
        await recorded.manager.event("retrieve", () => {});
        span.end();
      }),
    );
    expect(recorded.parentOf(recorded.span("retrieve"))).toBe("step");
  });

  it("has no span of its own if an event, even a leaf, started the trace", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    await manager.event("llm", { model: "m" }, () => manager.event("function_call", () => 3));
    expect(recorded.spans.map((each) => [each.name, recorded.parentOf(each)])).toEqual([
      ["function_call", "chat m"],
      ["chat m", undefined],
    ]);
  });

  it("makes what starts inside a leaf its sibling, like the events", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    await manager.asTrace("nightly", () =>
      manager.event("llm", { model: "m" }, () => manager.event("function_call", { name: "add" }, () => 3)),
    );
    expect(recorded.parentOf(recorded.span("function_call"))).toBe("nightly");
    expect(recorded.parentOf(recorded.span("chat m"))).toBe("nightly");
    expect(recorded.span("function_call").attributes).toEqual({ "llx.name": "add" });
  });
});
