import { describe, expect, it, vi } from "vitest";
import {
  CallbackManager,
  currentTrace,
  DebugHandler,
  type EventContext,
  PrintingHandler,
  type Sink,
  traced,
} from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function debugged(options?: ConstructorParameters<typeof DebugHandler>[0]) {
  const debug = new DebugHandler(options);
  return { debug, manager: new CallbackManager({ handlers: [debug] }) };
}

class Paper implements Sink {
  text = "";
  readonly columns: number;
  readonly isTTY: boolean;

  constructor(columns = 80, isTTY = false) {
    this.columns = columns;
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

describe("DebugHandler", () => {
  it("has pairs and counts of starts and ends", async () => {
    const { debug, manager } = debugged();
    await manager.event("query", async () => {
      await manager.event("llm", turn);
      await manager.event("llm", turn);
    });
    expect(debug.getEvents().map(({ phase, event }) => `${phase} ${event.type}`)).toEqual([
      "start query",
      "start llm",
      "end llm",
      "start llm",
      "end llm",
      "end query",
    ]);
    expect(debug.getEvents("llm")).toHaveLength(4);
    expect(debug.getEventPairs("llm")).toHaveLength(2);
    expect(debug.getLlmInputsOutputs()).toHaveLength(2);
    for (const [start, end] of debug.getEventPairs()) expect(start.id).toBe(end.id);
  });

  it("lists open and failed events", async () => {
    const { debug, manager } = debugged();
    await manager.asTrace("nightly", async () => {
      manager.startEvent("query");
      await manager.event("retrieve", () => {});
      await manager.event("llm", () => Promise.reject(new Error("no"))).catch(() => {});
      manager.startEvent("tree").fail(new DOMException("stop", "AbortError"));
    });
    const open = debug.getOpenEvents();
    expect(open.map(({ event, startedAt }) => [event.type, startedAt])).toEqual([["query", undefined]]);
    expect(debug.getFailedEvents().map(({ type, status }) => [type, status])).toEqual([
      ["llm", "error"],
      ["tree", "aborted"],
    ]);
    expect(debug.getFailedEvents("llm")).toHaveLength(1);
    expect(debug.getOpenEvents("llm")).toEqual([]);
    expect(debug.getEventPairs().map(([{ type }]) => type)).toEqual(["retrieve", "llm", "tree"]);
  });

  it("tells at the end of a trace where its open events were started", async () => {
    const paper = new Paper();
    const { debug, manager } = debugged({ stacks: true, sink: paper });
    const leave = traced("session" as "query", () => {});
    await manager.asTrace("nightly", async () => {
      await leave();
      manager.startEvent("query");
      await manager.event("retrieve", () => {});
    });
    const session = manager.startEvent("synthesize");
    expect(paper.text).toMatch(
      /^query is still open at the end of the trace nightly; it was started at .*debug-handler\.test\.ts:\d+:\d+\)?\n$/,
    );
    expect(debug.getOpenEvents().map(({ startedAt }) => startedAt)).toEqual([
      expect.stringMatching(/debug-handler\.test\.ts:\d+:\d+/),
      expect.stringMatching(/debug-handler\.test\.ts:\d+:\d+/),
    ]);
    paper.text = "";
    session.onEnd();
    expect(paper.text).toBe("");
  });

  it("has no pair for an event that is open, or whose start was ignored", async () => {
    const { debug, manager } = debugged({ ignoreEventStarts: ["llm"] });
    manager.startEvent("query");
    await manager.event("llm", turn);
    expect(debug.getEvents().map(({ phase, event }) => `${phase} ${event.type}`)).toEqual([
      "start query",
      "end llm",
    ]);
    expect(debug.getEventPairs()).toEqual([]);
  });

  it("getEventTimeInfo returns positive times for one pair, zeros for none, and the errors", async () => {
    const { debug, manager } = debugged();
    await manager.event("query", turn);
    const { count, total, average, min, max, p50, errors } = debug.getEventTimeInfo("query");
    expect({ count, errors }).toEqual({ count: 1, errors: 0 });
    expect(total).toBeGreaterThan(0);
    expect([average, min, max, p50]).toEqual([total, total, total, total]);
    expect(debug.getEventTimeInfo("llm")).toEqual({
      count: 0,
      total: 0,
      average: 0,
      min: 0,
      max: 0,
      p50: 0,
      p95: 0,
      p99: 0,
      errors: 0,
    });
    await manager.event("llm", () => Promise.reject(new Error("no"))).catch(() => {});
    expect(debug.getEventTimeInfo("llm").errors).toBe(1);
    expect(debug.getEventTimeInfo().count).toBe(2);
  });

  it("refuses a sink without write() in its constructor", () => {
    expect(() => new DebugHandler({ sink: "out.txt" as never })).toThrow("sink must have a write method");
    expect(() => new PrintingHandler({ logger: "out.txt" as never })).toThrow(
      "logger must have an info method",
    );
  });

  it("removes all events on flushEventLogs", async () => {
    const { debug, manager } = debugged();
    await manager.event("query", turn);
    debug.flushEventLogs();
    expect(debug.getEvents()).toEqual([]);
    expect(debug.dropped).toBe(0);
  });

  it("keeps the latest events, and counts and reports dropped ones", async () => {
    const paper = new Paper();
    const { debug, manager } = debugged({ maxEvents: 3, sink: paper });
    for (let n = 0; n < 10; n++) await manager.event("retrieve", { topK: n }, () => {});
    expect(debug.getEventPairs().map(([start]) => start.payload)).toEqual([
      { topK: 7 },
      { topK: 8 },
      { topK: 9 },
    ]);
    expect(debug.dropped).toBe(7);
    debug.printTraceMap();
    expect(paper.text).toContain("(7 older events were dropped; raise maxEvents to keep more)");
    expect(debug.toJSON().dropped).toBe(7);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses maxEvents: %s", (maxEvents) => {
    expect(() => new DebugHandler({ maxEvents })).toThrow(RangeError);
  });

  it("refuses maxEvents that is not a number", () => {
    expect(() => new DebugHandler({ maxEvents: "9" as never })).toThrow(
      new TypeError('maxEvents must be a number, not the string "9"'),
    );
  });

  it("prints each trace when it ends, with printTraceOnEnd", async () => {
    const paper = new Paper();
    const { manager } = debugged({ printTraceOnEnd: true, sink: paper });
    await manager.asTrace("first", () => manager.event("query", turn));
    expect(paper.text).toMatch(/^trace first .*\n└─ query .*100\.0 %|^trace first/);
    expect(paper.text.match(/trace first/g)).toHaveLength(1);
    await manager.asTrace("second", () => manager.event("query", turn));
    expect(paper.text.match(/trace first/g)).toHaveLength(1);
    expect(paper.text.match(/trace second/g)).toHaveLength(1);
  });

  it("is plain data, whatever content it holds", async () => {
    const debug = new DebugHandler({ capture: "full" });
    const manager = new CallbackManager({ handlers: [debug] });
    const node: Record<string, unknown> = {
      at: new Date(0),
      why: new TypeError("no"),
      from: new URL("https://example.com/a"),
      known: new Map([["a", new Set([1])]]),
      again: [1, 1],
    };
    node["self"] = node;
    node["twice"] = [node["again"], node["again"]];
    await manager.event("retrieve", (event) => event.set({ content: { nodes: [node] } }));
    const [event] = debug.toJSON().events;
    expect(JSON.parse(JSON.stringify(event!.endPayload))).toEqual({
      content: {
        nodes: [
          {
            at: "1970-01-01T00:00:00.000Z",
            why: { name: "TypeError", message: "no" },
            from: "https://example.com/a",
            known: [["a", [1]]],
            again: [1, 1],
            self: "[circular]",
            twice: [
              [1, 1],
              [1, 1],
            ],
          },
        ],
      },
    });
  });

  it("writes unusual values in every form, with a note in place of what cannot be written", async () => {
    const refuse = (): never => {
      throw new Error("not to be read");
    };
    const cycle: Record<string, unknown> = { count: 2n };
    cycle["self"] = cycle;
    let deep: object = {};
    for (let n = 0; n < 20_000; n++) deep = { deep };
    const odd = {
      cycle,
      deep,
      get broken(): never {
        return refuse();
      },
      symbol: Symbol("s"),
    };
    const reported = vi.spyOn(console, "error").mockImplementation(() => {});
    const paper = new Paper();
    const debug = new DebugHandler({ capture: "full", sink: paper });
    const manager = new CallbackManager({ handlers: [debug] });
    const payloads: unknown[] = [odd, { content: odd }, { content: { query: odd } }, null, "text", 7n, []];
    for (const payload of payloads) {
      const body = (event: { set(end: object): void }): number => {
        event.set(payload as object);
        event.set(odd);
        event.set({ count: 1 });
        return 7;
      };
      expect(await manager.event("query", payload as object, body)).toBe(7);
    }
    for (const thrown of [
      Object.create(null),
      { toString: refuse },
      Object.assign(new Error("no"), { name: 1n }),
    ]) {
      await expect(manager.event("tree", () => Promise.reject(thrown))).rejects.toBe(thrown);
    }
    debug.printTraceMap();
    expect(paper.text).toContain("✗ object: [cannot be read]");
    const { traceEvents } = debug.toChromeTrace();
    expect(JSON.stringify(traceEvents)).toContain("[circular]");
    const { events } = debug.toJSON();
    structuredClone(events);
    expect(events[0]!.payload).toMatchObject({
      cycle: { count: "2n", self: "[circular]" },
      broken: "[cannot be read]",
      symbol: "Symbol(s)",
    });
    expect(JSON.stringify(debug)).toContain("[deeper than 100 levels]");
    expect(manager.openEvents).toBe(0);
    reported.mockRestore();
  });

  it("writes 100,000 nested events", () => {
    const paper = new Paper();
    const debug = new DebugHandler({ maxEvents: 100_000, sink: paper });
    const manager = new CallbackManager({ handlers: [debug] });
    let innermost: EventContext = manager.startEvent("query");
    const open = [innermost];
    for (let n = 1; n < 100_000; n++) open.push((innermost = innermost.child("tree")));
    expect(innermost.run(() => currentTrace()?.stack.length)).toBe(100_000);
    for (const event of open.toReversed()) event.onEnd();
    debug.printTraceMap();
    expect(paper.text).toContain("… 99950 events further below");
    expect(debug.toJSON().events).toHaveLength(100_000);
    expect(debug.toChromeTrace().traceEvents).toHaveLength(100_000 + 2);
  });

  it("prints 150,000 distinct siblings", () => {
    const paper = new Paper();
    const merged = new DebugHandler({ maxEvents: 200_000, sink: paper });
    const events = Array.from({ length: 150_000 }, (_, n) => ({
      id: `e${n}`,
      type: `type-${n}`,
      traceId: "t",
      traceName: "job",
      startTime: n,
      endTime: n + 1,
      status: "ok" as const,
      payload: {},
      endPayload: {},
    }));
    merged.merge({ source: "elsewhere", events, dropped: 0 });
    merged.printTraceMap();
    expect(paper.text.split("\n")).toHaveLength(150_000 + 2);
  }, 20_000);

  it("is plain data as JSON, and the same after it is merged elsewhere", async () => {
    const { debug, manager } = debugged({ capture: "full" });
    await manager
      .asTrace("job", () =>
        manager.event("query", { content: { query: "why" } }, () =>
          manager.event("embedding", { count: 1 }, (event) => {
            event.set({ content: { vectors: [new Float32Array([0.5, 1])] } });
            throw new RangeError("too far");
          }),
        ),
      )
      .catch(() => {});
    const open = manager.startEvent("tree");
    const snapshot = JSON.parse(JSON.stringify(debug)) as ReturnType<DebugHandler["toJSON"]>;
    expect(snapshot.source).toBe(debug.toJSON().source);
    expect(snapshot.events.map(({ type, status }) => [type, status])).toEqual([
      ["query", "error"],
      ["embedding", "error"],
      ["tree", undefined],
    ]);
    const [query, embedding, tree] = snapshot.events;
    expect(query).toMatchObject({ payload: { content: { query: "why" } }, errorEventId: embedding!.id });
    expect(embedding).toMatchObject({
      parentId: query!.id,
      endPayload: { content: { vectors: [[0.5, 1]] } },
      error: { name: "RangeError", message: "too far" },
    });
    expect(tree).not.toHaveProperty("endTime");
    open.onEnd();

    const paper = new Paper();
    const merged = new DebugHandler({ sink: paper });
    merged.merge(snapshot);
    expect(merged.toJSON().events).toEqual(snapshot.events);
    expect(merged.getEventPairs()).toHaveLength(2);
    merged.printTraceMap();
    expect(paper.text).toContain("✗ RangeError: too far");
    expect(paper.text).toContain("still open");
  });
});
