import { mapJobs } from "@llx/async";
import { CallbackManager, defineEventType, DebugHandler, withTags } from "@llx/callbacks";
import { context, SpanKind, trace } from "@opentelemetry/api";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, it } from "vitest";
import { OpenTelemetryHandler } from "./opentelemetry-handler.ts";
import { ERROR, RecordedTelemetry, UNSET, useAsyncContext } from "./testing/record-telemetry.ts";

declare module "@llx/callbacks" {
  interface EventPayloads {
    page_crawl: { start: { url: string; depth: number }; end: { bytes?: number } };
  }
}

useAsyncContext();

let recorded: RecordedTelemetry;
afterEach(() => recorded.aclose());

/** Secrets that no test below may find. */
const secret = "the-moon-makes-the-tides";

describe("calls that share a request", () => {
  it("are linked with it in both directions, each in its own trace", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    const callers = [1, 2].map(() => manager.startEvent("embed_texts", { count: 1 }));
    const sharedBy = callers.map(({ id }) => ({
      traceId: "not used, as the caller's span is open",
      eventId: id!,
    }));
    const unknown = { traceId: "of another process", eventId: "0123456789abcdef" };
    await manager.event("embed_texts", { count: 2, sharedBy: [...sharedBy, unknown] }, () => {});
    for (const caller of callers) caller.onEnd();
    const shared = recorded.spans.find(({ attributes }) => attributes["llx.count"] === 2)!;
    const spans = recorded.spans.filter(({ attributes }) => attributes["llx.count"] === 1);
    expect(shared.links.map((link) => link.context)).toEqual(spans.map((span) => span.spanContext()));
    for (const span of spans) expect(span.links.map((link) => link.context)).toEqual([shared.spanContext()]);
    expect(new Set(recorded.spans.map((span) => span.spanContext().traceId)).size).toBe(3);
  });
});

describe("requests to models", () => {
  it("makes a client span of an embedding", async () => {
    recorded = new RecordedTelemetry();
    const start = {
      provider: "Mistral AI",
      model: "small",
      count: 2,
      characters: 31,
      attempt: 3,
      inputType: "query",
      encodingFormat: "base64",
      content: { texts: [secret] },
    };
    await recorded.manager.event("embedding", start, (event) =>
      event.set({
        count: 2,
        dimensions: 384,
        model: "small-2",
        requestId: "r-1",
        usage: { inputTokens: 8, totalTokens: 9 },
        content: { vectors: [[0.25]] },
      }),
    );
    const span = recorded.span("embeddings small");
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.status).toEqual({ code: UNSET });
    expect(span.attributes).toEqual({
      "gen_ai.operation.name": "embeddings",
      "gen_ai.provider.name": "mistral_ai",
      "gen_ai.request.model": "small",
      "gen_ai.request.encoding_formats": ["base64"],
      "gen_ai.response.model": "small-2",
      "gen_ai.usage.input_tokens": 8,
      "gen_ai.embeddings.dimension.count": 384,
      "llx.count": 2,
      "llx.characters": 31,
      "llx.attempts": 3,
      "llx.input_type": "query",
      "llx.request_id": "r-1",
    });
  });

  it("makes a client span of a call of a language model", async () => {
    recorded = new RecordedTelemetry();
    const start = { provider: "openai", model: "large", content: { prompt: secret } };
    await recorded.manager.event("llm", start, (event) =>
      event.set({
        finishReason: "length",
        usage: { inputTokens: 12, outputTokens: 34, totalTokens: 46 },
        content: { completion: secret },
      }),
    );
    const span = recorded.span("chat large");
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "large",
      "gen_ai.response.finish_reasons": ["length"],
      "gen_ai.usage.input_tokens": 12,
      "gen_ai.usage.output_tokens": 34,
    });
  });

  it("omits what an event does not report", async () => {
    recorded = new RecordedTelemetry();
    await recorded.manager.event("llm", () => {});
    expect(recorded.span("chat").attributes).toEqual({ "gen_ai.operation.name": "chat" });
  });

  it("takes the server address from the payload", async () => {
    recorded = new RecordedTelemetry();
    const start = { model: "m", serverAddress: "api.example.com", serverPort: 443 };
    await recorded.manager.event("embedding", start, () => {});
    expect(recorded.span("embeddings m").attributes).toMatchObject({
      "server.address": "api.example.com",
      "server.port": 443,
    });
  });
});

describe("other events", () => {
  it("are internal spans with their counts and names", async () => {
    recorded = new RecordedTelemetry();
    await recorded.manager.event("embed_texts", { provider: "Heroku", model: "m", count: 300 }, (event) =>
      event.set({ requests: 4, cached: 7, dimensions: 8, usage: { inputTokens: 1 } }),
    );
    const span = recorded.span("embed_texts");
    expect(span.kind).toBe(SpanKind.INTERNAL);
    expect(span.attributes).toEqual({
      "gen_ai.provider.name": "heroku",
      "gen_ai.request.model": "m",
      "llx.count": 300,
      "llx.requests": 4,
      "llx.cached": 7,
      "llx.dimensions": 8,
    });
  });

  it("shows no strings of types that it does not know, unless told to", async () => {
    defineEventType("page_crawl");
    const fetchPage = (manager: CallbackManager): Promise<void> =>
      manager.event("page_crawl", { url: secret, depth: 2 }, (event) => event.set({ bytes: 1256 }));
    const plain = new RecordedTelemetry();
    await fetchPage(plain.manager);
    expect(plain.span("page_crawl").attributes).toEqual({ "llx.depth": 2, "llx.bytes": 1256 });
    await plain.aclose();
    recorded = new RecordedTelemetry({
      attributes: (event) => (event.type === "page_crawl" ? { "url.full": event.payload.url } : {}),
    });
    await fetchPage(recorded.manager);
    expect(recorded.span("page_crawl").attributes).toMatchObject({ "url.full": secret, "llx.bytes": 1256 });
  });

  it("are still ended if attributes() throws", async () => {
    const failures: unknown[] = [];
    recorded = new RecordedTelemetry();
    const { tracerProvider, meterProvider } = recorded;
    const attributes = (): never => {
      throw new Error("no attributes");
    };
    const handler = new OpenTelemetryHandler({ tracerProvider, meterProvider, attributes });
    const onHandlerError = (error: unknown): unknown => failures.push(error);
    const manager = new CallbackManager({ handlers: [handler], onHandlerError });
    expect(await manager.event("query", () => 7)).toBe(7);
    expect(recorded.spans.map(({ name }) => name)).toEqual(["query"]);
    expect(failures).toEqual([new Error("no attributes")]);
  });
});

describe("tags", () => {
  it("are attributes under their own names, unless the conventions have them", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    await withTags({ tenant: "acme", "gen_ai.request.model": "not this" }, () =>
      manager.event("llm", { model: "m" }, () => {}),
    );
    expect(recorded.span("chat m").attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "m",
      tenant: "acme",
    });
  });
});

describe("parents", () => {
  it("nest as the events do, and follow what is active", async () => {
    recorded = new RecordedTelemetry();
    const tracer = recorded.tracerProvider.getTracer("the application");
    const { manager } = recorded;
    await tracer.startActiveSpan("GET /search", async (span) => {
      await manager.event("query", () =>
        tracer.startActiveSpan("rewrite", async (inner) => {
          await manager.event("embedding", { model: "m" }, async () => {
            await Promise.resolve();
            tracer.startSpan("POST").end();
          });
          inner.end();
        }),
      );
      span.end();
    });
    const tree = recorded.spans.map((span) => [span.name, recorded.parentOf(span)]);
    expect(tree).toEqual([
      ["POST", "embeddings m"],
      ["embeddings m", "rewrite"],
      ["rewrite", "query"],
      ["query", "GET /search"],
      ["GET /search", undefined],
    ]);
  });

  it("do not mix among jobs that run at once", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    const tracer = recorded.tracerProvider.getTracer("the application");
    await manager.event("embed_texts", () =>
      mapJobs(
        Array.from({ length: 40 }, (_, index) => index),
        (index) =>
          manager.event("embedding", { model: `m${index}` }, async () => {
            for (let turn = 0; turn <= index % 5; turn++) {
              // oxlint-disable-next-line no-await-in-loop -- jobs take turns
              await new Promise(setImmediate);
            }
            tracer.startSpan(`POST ${index}`).end();
          }),
        { workers: 8, callbackManager: manager },
      ),
    );
    expect(recorded.spans).toHaveLength(1 + 3 * 40);
    expect(new Set(recorded.spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    for (let index = 0; index < 40; index++) {
      expect(recorded.parentOf(recorded.span(`POST ${index}`))).toBe(`embeddings m${index}`);
      expect(recorded.parentOf(recorded.span(`embeddings m${index}`))).toBe("async_job");
    }
    const jobs = recorded.spans.filter(({ name }) => name === "async_job");
    expect(jobs.map((span) => recorded.parentOf(span))).toEqual(jobs.map(() => "embed_texts"));
    expect(new Set(jobs.map(({ attributes }) => attributes["llx.index"])).size).toBe(40);
  });

  it("are right for events that their holder ends, in any context", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    const outer = manager.startEvent("ingestion");
    const first = outer.child("node_parsing");
    expect(trace.getActiveSpan()).toBeUndefined();
    const inside = outer.run(() => trace.getActiveSpan()?.spanContext().spanId);
    outer.onEnd();
    first.onEnd(); // after its parent
    expect(inside).toBe(recorded.span("ingestion").spanContext().spanId);
    expect(recorded.parentOf(recorded.span("node_parsing"))).toBe("ingestion");
  });

  it("are roots of separate traces for sibling events", async () => {
    recorded = new RecordedTelemetry();
    await Promise.all(["a", "b"].map(() => recorded.manager.event("query", () => {})));
    const ids = recorded.spans.map((span) => span.spanContext().traceId);
    expect(new Set(ids).size).toBe(2);
    expect(recorded.spans.map((span) => recorded.parentOf(span))).toEqual([undefined, undefined]);
  });
});

describe("ends", () => {
  it("records an error once, by name, and marks the events it passes through", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    const broken = new TypeError(`cannot read ${secret}`);
    const run = manager.event("embed_texts", () =>
      manager.event("embedding", { model: "m" }, () => Promise.reject(broken)),
    );
    await expect(run).rejects.toBe(broken);
    const inner = recorded.span("embeddings m");
    expect(inner.status).toEqual({ code: ERROR });
    expect(inner.attributes["error.type"]).toBe("TypeError");
    expect(inner.events.map(({ name, attributes }) => ({ name, attributes }))).toEqual([
      { name: "exception", attributes: { "exception.type": "TypeError" } },
    ]);
    const outer = recorded.span("embed_texts");
    expect(outer.status).toEqual({ code: ERROR });
    expect(outer.attributes["error.type"]).toBe("TypeError");
    expect(outer.events).toEqual([]);
  });

  it("shows messages of errors when asked to", async () => {
    recorded = new RecordedTelemetry({ captureErrors: true });
    const run = recorded.manager.event("query", () => {
      throw new RangeError("topK is -1");
    });
    await expect(run).rejects.toThrow(RangeError);
    const { status, events } = recorded.span("query");
    expect(status).toEqual({ code: ERROR, message: "topK is -1" });
    expect(events[0]?.attributes).toMatchObject({
      "exception.type": "RangeError",
      "exception.message": "topK is -1",
      "exception.stacktrace": expect.stringContaining("RangeError: topK is -1"),
    });
  });

  it("marks an aborted event, which is no error", async () => {
    recorded = new RecordedTelemetry();
    const controller = new AbortController();
    const run = recorded.manager.event("embedding", { model: "m" }, () => {
      controller.abort();
      controller.signal.throwIfAborted();
    });
    await expect(run).rejects.toMatchObject({ name: "AbortError" });
    const span = recorded.span("embeddings m");
    expect(span.status).toEqual({ code: UNSET });
    expect(span.attributes["llx.status"]).toBe("aborted");
    expect(span.attributes["error.type"]).toBeUndefined();
    expect(span.events).toEqual([]);
  });

  it("ends what is open when the handler is closed by another manager", async () => {
    recorded = new RecordedTelemetry();
    const event = recorded.manager.startEvent("query");
    await new CallbackManager({ handlers: [recorded.handler] }).aclose();
    event.onEnd();
    expect(recorded.spans.map(({ name, attributes }) => [name, attributes])).toEqual([
      ["query", { "llx.status": "unfinished" }],
    ]);
  });

  it("ends what is open when the manager closes, and then leaves the work alone", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    const gate = Promise.withResolvers<string>();
    const run = manager.asTrace("nightly", () => manager.event("query", () => gate.promise));
    await manager.aclose();
    expect(recorded.spans.map(({ name, attributes }) => [name, attributes])).toEqual([
      ["query", { "llx.status": "aborted" }],
      ["nightly", {}],
    ]);
    gate.resolve("done");
    expect(await run).toBe("done");
    expect(recorded.spans).toHaveLength(2);
  });
});

describe("streams", () => {
  it("end with the stream, are active for each chunk, and report the time to the first", async () => {
    recorded = new RecordedTelemetry();
    const { manager } = recorded;
    const active: unknown[] = [];
    async function* write(): AsyncGenerator<string> {
      for (const word of ["the", "moon"]) {
        await Promise.resolve();
        active.push(trace.getActiveSpan()?.spanContext().spanId);
        yield word;
      }
    }
    const words = manager.stream("llm", { model: "m" }, write);
    const started = performance.now();
    expect(await words.next()).toEqual({ done: false, value: "the" });
    const firstAfter = performance.now() - started;
    // The second chunk is later than that, also counted from the event's start.
    while (performance.now() - started <= 2 * firstAfter + 1) await Promise.resolve();
    expect(recorded.spans).toEqual([]);
    expect(trace.getActiveSpan()).toBeUndefined();
    for await (const word of words) expect(word).toBe("moon");
    const span = recorded.span("chat m");
    const { spanId } = span.spanContext();
    expect(active).toEqual([spanId, spanId]);
    expect(span.attributes).toMatchObject({ "gen_ai.request.stream": true });
    const seconds = span.attributes["gen_ai.response.time_to_first_chunk"];
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan((firstAfter + 1) / 1000);
  });

  it("end when the consumer leaves, and when they fail", async () => {
    recorded = new RecordedTelemetry();
    async function* count(): AsyncGenerator<number> {
      yield 1;
      throw new RangeError("no more");
    }
    for await (const one of recorded.manager.stream("llm", { model: "left" }, count())) {
      expect(one).toBe(1);
      break;
    }
    const failing = recorded.manager.stream("llm", { model: "failed" }, count());
    await failing.next();
    await expect(failing.next()).rejects.toThrow("no more");
    expect(recorded.span("chat left").status.code).toBe(UNSET);
    expect(recorded.span("chat failed").status.code).toBe(ERROR);
  });
});

describe("invalid options", () => {
  it.each([
    [{ captureContent: "false" }, 'captureContent must be true or false, not the string "false"'],
    [{ captureErrors: 0 }, "captureErrors must be true or false, not number 0"],
    [{ attributes: { a: 1 } }, "attributes must be a function of an event, not object"],
    [
      { tracerProvider: {} },
      "tracerProvider must be a provider of OpenTelemetry, with getTracer(), not an object (Object)",
    ],
    [{ meterProvider: null }, "meterProvider must be a provider of OpenTelemetry, with getMeter(), not null"],
    [{ attempts: "span" }, 'attempts must be one of "events", "spans", not "span"'],
    [
      { conventions: "1.41" },
      'conventions must be one of "gen_ai", "gen_ai_1.41", "openinference", not "1.41"',
    ],
  ])("%j are refused", (options, message) => {
    recorded = new RecordedTelemetry();
    const { tracerProvider } = recorded;
    const make = (): unknown => new OpenTelemetryHandler({ tracerProvider, ...options } as never);
    expect(make).toThrow(new TypeError(message));
  });
});

describe("without", () => {
  it("an SDK, does nothing until one is registered", async () => {
    recorded = new RecordedTelemetry();
    const debug = new DebugHandler();
    const manager = new CallbackManager({ handlers: [new OpenTelemetryHandler(), debug] });
    const active = await manager.event("query", () =>
      manager.event("embedding", { model: "m" }, () => context.active()),
    );
    expect(trace.getSpan(active)).toBeUndefined();
    expect(debug.getEvents()).toHaveLength(4);
    trace.setGlobalTracerProvider(recorded.tracerProvider);
    try {
      await manager.event("retrieve", () => {});
    } finally {
      trace.disable();
    }
    expect(recorded.spans.map(({ name }) => name)).toEqual(["retrieve"]);
  });

  it("a sampled trace, keeps the children out of it too", async () => {
    recorded = new RecordedTelemetry({}, { sampler: new AlwaysOffSampler() });
    const flags = await recorded.manager.event(
      "query",
      () => trace.getActiveSpan()?.spanContext().traceFlags,
    );
    expect(flags).toBe(0);
    expect(recorded.spans).toEqual([]);
  });
});

it("refuses a wrong name of an option", () => {
  expect(() => new OpenTelemetryHandler({ captureContents: false } as never)).toThrow(
    new TypeError("there is no option captureContents; did you mean captureContent?"),
  );
});
