// The cost of an event: without handlers, with an empty handler, and recorded.
import { AsyncLocalStorage } from "node:async_hooks";
import { CallbackManager as LangChainManager } from "@langchain/core/callbacks/manager";
import { CallbackManager, type CallbackHandler, DebugHandler, withTags } from "@llx/callbacks";
import { context, type Span, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BatchSpanProcessor, InMemorySpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { compare, type Contender, heapUsed } from "../harness.ts";

const times = 100_000;

async function body(): Promise<number> {
  return 1;
}

/** Repeats an operation, awaiting each. */
function repeated(name: string, once: () => unknown, more: Partial<Contender> = {}): Contender {
  return {
    name,
    async run(count) {
      // oxlint-disable-next-line no-await-in-loop -- what is measured is one after another
      for (let n = 0; n < count; n++) await once();
    },
    ...more,
  };
}

/** The same in a scope with tags. */
const tagged = (name: string, { run }: Contender): Contender => ({
  name,
  run: (count) => withTags({ tenant: "a", user: "17" }, () => run(count)),
});

const silent = new CallbackManager();
const noop = trace.getTracer("none");
const langChainSilent = new LangChainManager();
const langChainOne = LangChainManager.fromHandlers({ handleChainStart() {}, handleChainEnd() {} });
const chain = { lc: 1, type: "not_implemented", id: ["bench"] } as const;

async function langChainEvent(manager: LangChainManager): Promise<number> {
  const run = await manager.handleChainStart({ ...chain, id: [...chain.id] }, {});
  const value = await body();
  await run.handleChainEnd({});
  return value;
}

const noopSpan = (): Promise<number> =>
  noop.startActiveSpan("query", async (span) => {
    try {
      return await body();
    } finally {
      span.end();
    }
  });

await compare(
  "No handler",
  [
    repeated("await of the body", body),
    repeated("ours: event", () => silent.event("query", body)),
    repeated("ours: event with a payload", () => silent.event("retrieve", { topK: 3 }, body)),
    tagged(
      "ours: event in a scope with tags",
      repeated("", () => silent.event("query", body)),
    ),
    repeated("OpenTelemetry API: no-op startActiveSpan", noopSpan),
    repeated("LangChain.js: chain start and end", () => langChainEvent(langChainSilent)),
  ],
  {
    times,
    goals: { "ours: event": 1.5, "ours: event with a payload": 1.5, "ours: event in a scope with tags": 1.5 },
  },
);

const storage = new AsyncLocalStorage();
const empty: CallbackHandler = { onEventStart() {}, onEventEnd() {} };
const one = new CallbackManager({ handlers: [empty] });

/** The minimum for any handler: a record, two clock reads, two calls, and a promise that follows the body's. */
const records = new AsyncLocalStorage<object>();
function least(type: string): Promise<number> {
  const event = { type, parent: records.getStore(), startTime: performance.now(), endTime: Number.NaN };
  empty.onEventStart?.(event as never);
  return records.run(event, body).then((value) => {
    event.endTime = performance.now();
    empty.onEventEnd?.(event as never);
    return value;
  });
}

const child: Contender = {
  name: "ours: child event",
  run: (count) => one.event("query", () => repeated("", () => one.event("query", body)).run(count)),
};

await compare(
  "One empty handler",
  [
    repeated("als.run of the body", () => storage.run({}, body)),
    repeated("minimum: record, clock, calls, promise", () => least("query")),
    repeated("ours: event", () => one.event("query", body)),
    child,
    repeated("LangChain.js: chain start and end", () => langChainEvent(langChainOne)),
  ],
  { times, goals: { "ours: event": 2.5, "ours: child event": 2.5 } },
);

const untagged = repeated("ours: event", () => one.event("query", body));
for (const base of [untagged, child]) {
  const name = `${base.name} with tags`;
  // oxlint-disable-next-line no-await-in-loop -- one after another
  await compare("Tags", [base, tagged(name, base)], { times, goals: { [name]: 1.1 } });
}

const exporter = new InMemorySpanExporter();
const processor = new BatchSpanProcessor({ exporter, maxQueueSize: times + 1 });
const provider = new TracerProvider({ spanProcessors: [processor] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const tracer = provider.getTracer("bench");

const inSpan = (work: (span: Span) => Promise<unknown>): Promise<unknown> =>
  tracer.startActiveSpan("query", async (span) => {
    try {
      return await work(span);
    } finally {
      span.end();
    }
  });

const openTelemetry: Contender = {
  name: "OpenTelemetry SDK: span, batch processor, memory exporter",
  async run(count) {
    await inSpan(() => repeated("", () => inSpan(body)).run(count));
    await processor.forceFlush();
  },
  reset: () => exporter.reset(),
};
const withDebugHandler = (
  name: string,
  debug: DebugHandler,
  type: "query" | "embedding" = "query",
): Contender => {
  const manager = new CallbackManager({ handlers: [debug] });
  return {
    name,
    run: (count) => manager.event("query", () => repeated("", () => manager.event(type, body)).run(count)),
    reset: () => debug.flushEventLogs(),
  };
};
const latest = withDebugHandler("ours: DebugHandler, the latest 10,000 kept (default)", new DebugHandler());
const leaf = withDebugHandler("ours: the same, leaf event", new DebugHandler(), "embedding");
const all = withDebugHandler("ours: DebugHandler, all kept", new DebugHandler({ maxEvents: times + 1 }));

await compare("Recorded, child event", [openTelemetry, latest, leaf, all], {
  times,
  goals: { [latest.name]: 0.25, [leaf.name]: 0.25, [all.name]: 0.25 },
});

console.log("\n| retained per event | bytes |\n| --- | ---: |");
for (const contender of [openTelemetry, all]) {
  const before = heapUsed();
  // oxlint-disable-next-line no-await-in-loop
  await contender.run(times);
  console.log(`| ${contender.name} | ${Math.round((heapUsed() - before) / times)} |`);
  contender.reset?.();
}
await provider.shutdown();
