import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it, vi } from "vitest";
import {
  type AnyEventEnd,
  type AnyEventStart,
  type CallbackHandler,
  CallbackManager,
  currentCallbackManager,
  currentTrace,
  DebugHandler,
  defineEventType,
  type EventType,
  setGlobalHandlers,
  type TraceInfo,
  type TraceMap,
} from "../index.ts";

/** Writes down everything it is told. */
class Recorder implements CallbackHandler {
  readonly traceMap = true;
  readonly starts: AnyEventStart[] = [];
  readonly ends: AnyEventEnd[] = [];
  readonly calls: string[] = [];
  readonly maps: TraceMap[] = [];

  startTrace({ name }: TraceInfo): void {
    this.calls.push(`trace ${name}`);
  }

  endTrace({ name }: TraceInfo, map?: TraceMap): void {
    this.calls.push(`end of trace ${name}`);
    if (map) this.maps.push(map);
  }

  onEventStart(event: AnyEventStart): void {
    this.calls.push(`+${event.type}`);
    this.starts.push(event);
  }

  onEventEnd(event: AnyEventEnd): void {
    this.calls.push(`-${event.type}`);
    this.ends.push(event);
  }

  end(type: EventType): AnyEventEnd {
    const found = this.ends.find((event) => event.type === type);
    if (!found) throw new Error(`no ${type} has ended`);
    return found;
  }
}

function record(): { recorder: Recorder; manager: CallbackManager } {
  const recorder = new Recorder();
  return { recorder, manager: new CallbackManager({ handlers: [recorder] }) };
}

/** Lets everything that is ready run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("event", () => {
  it.each([
    ["a value", () => 7],
    ["a promise", async () => 7],
    ["a thenable", () => ({ then: (take: (value: number) => void) => take(7) }) as PromiseLike<number>],
  ])("returns what the body returns: %s", async (_kind, body) => {
    for (const manager of [new CallbackManager(), record().manager]) {
      expect(await manager.event("query", body)).toBe(7);
    }
  });

  it.each([undefined, null, 0, "boom", new Error("boom")])(
    "throws what the body throws: %s",
    async (thrown) => {
      for (const manager of [new CallbackManager(), record().manager]) {
        const bodies = [
          () => Promise.reject(thrown),
          () => {
            throw thrown;
          },
        ];
        for (const body of bodies) {
          const caught = manager.event("query", body).then(
            () => "no error",
            (error: unknown) => ({ error }),
          );
          expect(await caught).toEqual({ error: thrown });
        }
      }
    },
  );

  it("tells of the start before the body and of the end after it", async () => {
    const { manager, recorder } = record();
    await manager.event("query", async () => {
      recorder.calls.push("body");
      await turn();
      recorder.calls.push("body is done");
    });
    expect(recorder.calls).toEqual([
      "trace query",
      "+query",
      "body",
      "body is done",
      "-query",
      "end of trace query",
    ]);
    expect(manager.openEvents).toBe(0);
  });

  it("carries what is known at the start and at the end", async () => {
    const { manager, recorder } = record();
    await manager.event("embedding", { model: "m", count: 2 }, (event) => {
      event.set({ dimensions: 3 });
      event.set({ dimensions: 4, usage: { inputTokens: 5 } });
    });
    const end = recorder.end("embedding");
    expect(end.payload).toEqual({ model: "m", count: 2 });
    expect(end.endPayload).toEqual({ dimensions: 4, usage: { inputTokens: 5 } });
    expect(end.status).toBe("ok");
  });

  it("measures on the clock", async () => {
    const now = vi.spyOn(performance, "now");
    try {
      const { manager, recorder } = record();
      now.mockReturnValueOnce(100).mockReturnValueOnce(130.5);
      await manager.event("query", () => {});
      const { startTime, endTime, duration } = recorder.end("query");
      expect(duration).toBe(30.5);
      expect(startTime).toBe(performance.timeOrigin + 100);
      expect(endTime).toBe(performance.timeOrigin + 130.5);
    } finally {
      now.mockRestore();
    }
  });

  it("knows the parent across awaits, timers and parallel work", async () => {
    const { manager, recorder } = record();
    await manager.event("query", async () => {
      await turn();
      await Promise.all([
        manager.event("retrieve", async () => {
          await turn();
          await manager.event("reranking", () => turn());
        }),
        manager.event("synthesize", async () => {
          await Promise.resolve();
          await manager.event("templating", () => new Promise((resolve) => setTimeout(resolve, 0)));
        }),
      ]);
    });
    const parent = (type: EventType): string | undefined => {
      const { parentId } = recorder.end(type);
      return recorder.starts.find(({ id }) => id === parentId)?.type;
    };
    expect(parent("query")).toBeUndefined();
    expect(parent("retrieve")).toBe("query");
    expect(parent("synthesize")).toBe("query");
    expect(parent("reranking")).toBe("retrieve");
    expect(parent("templating")).toBe("synthesize");
    expect(new Set(recorder.ends.map(({ traceId }) => traceId)).size).toBe(1);
  });

  it("gives a leaf no children: what starts inside is its sibling", async () => {
    const { manager, recorder } = record();
    await manager.event("query", () =>
      manager.event("embedding", () => manager.event("function_call", () => {})),
    );
    const query = recorder.end("query");
    expect(recorder.end("embedding").parentId).toBe(query.id);
    expect(recorder.end("function_call").parentId).toBe(query.id);
  });

  it("keeps what starts inside a leaf at the top in its trace", async () => {
    const { manager, recorder } = record();
    await manager.event("llm", () => manager.event("function_call", () => {}));
    expect(recorder.end("function_call").parentId).toBeUndefined();
    expect(recorder.end("function_call").traceId).toBe(recorder.end("llm").traceId);
    expect(recorder.calls.filter((call) => call.startsWith("trace"))).toHaveLength(1);
  });

  it("gives each event at the top a trace of its own", async () => {
    const { manager, recorder } = record();
    await Promise.all([manager.event("query", turn), manager.event("query", turn)]);
    expect(new Set(recorder.ends.map(({ traceId }) => traceId)).size).toBe(2);
    expect(recorder.ends[0]!.traceId).toMatch(/^[\da-f]{32}$/);
    expect(recorder.ends[0]!.id).toMatch(/^[\da-f]{16}$/);
  });

  it("leaves the caller's async context as it was", async () => {
    const { manager } = record();
    const own = new AsyncLocalStorage<string>();
    await own.run("mine", async () => {
      await manager.event("query", async () => {
        expect(own.getStore()).toBe("mine");
        expect(currentTrace()?.stack).toHaveLength(1);
        await turn();
        expect(currentTrace()?.stack).toHaveLength(1);
      });
      expect(own.getStore()).toBe("mine");
      expect(currentTrace()).toBeUndefined();
    });
  });

  it("needs a body", () => {
    const manager = new CallbackManager();
    expect(() => manager.event("query", undefined as never)).toThrow(
      new TypeError('event("query") needs a function to run, not undefined'),
    );
  });
});

describe("errors", () => {
  it("are recorded once, where they were thrown; events above refer to that one", async () => {
    const { manager, recorder } = record();
    const error = Object.freeze(new Error("boom"));
    const work = manager.event("query", () =>
      manager.event("retrieve", () => manager.event("embedding", () => Promise.reject(error))),
    );
    await expect(work).rejects.toBe(error);
    const thrower = recorder.end("embedding");
    expect(thrower).toMatchObject({ status: "error", error, errorEventId: undefined });
    for (const type of ["retrieve", "query"] as const) {
      expect(recorder.end(type)).toMatchObject({
        status: "error",
        error: undefined,
        errorEventId: thrower.id,
      });
    }
  });

  it("that are primitives are recorded once on their way up, and anew elsewhere", async () => {
    const { manager, recorder } = record();
    await manager.event("query", async () => {
      await manager
        .event("retrieve", () => manager.event("embedding", () => Promise.reject(0)))
        .catch(() => {});
      await manager.event("reranking", () => Promise.reject(0)).catch(() => {});
    });
    expect(recorder.end("retrieve").errorEventId).toBe(recorder.end("embedding").id);
    expect(recorder.end("embedding").error).toBe(0);
    expect(recorder.end("reranking")).toMatchObject({ error: 0, errorEventId: undefined });
    expect(recorder.end("query").status).toBe("ok");
  });

  it("shared by two branches are recorded at the first", async () => {
    const { manager, recorder } = record();
    const shared = Promise.reject(new Error("shared"));
    const work = manager.event("query", () =>
      Promise.allSettled([manager.event("retrieve", () => shared), manager.event("reranking", () => shared)]),
    );
    await work;
    expect(recorder.end("reranking").errorEventId).toBe(recorder.end("retrieve").id);
  });

  it("that are aborts are a status", async () => {
    const { manager, recorder } = record();
    const abort = new DOMException("stop", "AbortError");
    await expect(manager.event("query", () => Promise.reject(abort))).rejects.toBe(abort);
    expect(recorder.end("query")).toMatchObject({ status: "aborted", error: undefined });
    const controller = new AbortController();
    const reason = new Error("the user left");
    controller.abort(reason);
    const body = (): Promise<never> => Promise.reject(reason);
    await expect(manager.event("retrieve", body, { signal: controller.signal })).rejects.toBe(reason);
    expect(recorder.end("retrieve").status).toBe("aborted");
  });

  it("thrown outside any event become an exception event of the trace", async () => {
    const { manager, recorder } = record();
    const outside = new Error("outside");
    await expect(manager.asTrace("job", () => Promise.reject(outside))).rejects.toBe(outside);
    expect(recorder.end("exception")).toMatchObject({ error: outside, status: "error", traceName: "job" });
    for (const thrown of [new Error("inside"), "inside"]) {
      const inside = manager.asTrace("job", () => manager.event("query", () => Promise.reject(thrown)));
      await expect(inside).rejects.toBe(thrown);
    }
    expect(recorder.ends.filter(({ type }) => type === "exception")).toHaveLength(1);
  });
});

describe("startEvent", () => {
  it("gives a handle that ends once and never touches the async context", async () => {
    const { manager, recorder } = record();
    const event = manager.startEvent("query");
    expect(currentTrace()).toBeUndefined();
    expect(manager.openEvents).toBe(1);
    const inside = event.run(() => currentTrace()?.stack);
    expect(inside).toEqual([event.id]);
    event.onEnd();
    event.onEnd();
    event.fail(new Error("too late"));
    expect(recorder.ends).toHaveLength(1);
    expect(recorder.ends[0]!.status).toBe("ok");
    expect(event.ended).toBe(true);
    expect(manager.openEvents).toBe(0);
  });

  it("makes children, which may end after it", () => {
    const { manager, recorder } = record();
    const query = manager.startEvent("query");
    const retrieve = query.child("retrieve", { topK: 3 });
    query.onEnd();
    retrieve.onEnd({ count: 2 });
    expect(recorder.end("retrieve")).toMatchObject({
      parentId: query.id,
      payload: { topK: 3 },
      endPayload: { count: 2 },
    });
    expect(manager.openEvents).toBe(0);
  });

  it("ends with `using`", () => {
    const { manager, recorder } = record();
    {
      using event = manager.startEvent("query");
      expect(event.ended).toBe(false);
    }
    expect(recorder.end("query").status).toBe("ok");
  });

  it("keeps parents right where handles are taken side by side", async () => {
    const { manager, recorder } = record();
    await manager.event("query", async () => {
      const branch = async (type: "retrieve" | "synthesize"): Promise<void> => {
        using event = manager.startEvent(type);
        await turn();
        await event.run(() => manager.event("templating", turn));
      };
      await Promise.all([branch("retrieve"), branch("synthesize")]);
    });
    const query = recorder.end("query");
    expect(recorder.end("retrieve").parentId).toBe(query.id);
    expect(recorder.end("synthesize").parentId).toBe(query.id);
  });
});

describe("stream", () => {
  async function* numbers(manager: CallbackManager): AsyncGenerator<number> {
    try {
      for (let n = 1; n <= 3; n++) {
        await manager.event("function_call", turn);
        yield n;
      }
    } finally {
      await manager.event("templating", () => {});
    }
  }

  it("makes each item inside the event, wherever it is consumed", async () => {
    const { manager, recorder } = record();
    const stream = manager.event("query", () => [manager.stream("synthesize", {}, numbers(manager))]);
    const [items] = await stream;
    expect(recorder.calls).not.toContain("+synthesize");
    const seen = await Array.fromAsync(items!);
    expect(seen).toEqual([1, 2, 3]);
    const synthesize = recorder.end("synthesize");
    expect(synthesize.parentId).toBe(recorder.end("query").id);
    expect(synthesize.status).toBe("ok");
    const calls = recorder.ends.filter(({ type }) => type === "function_call");
    expect(calls.map(({ parentId }) => parentId)).toEqual(Array(3).fill(synthesize.id));
    expect(manager.openEvents).toBe(0);
  });

  it("ends and closes its source when the consumer leaves early", async () => {
    const { manager, recorder } = record();
    for await (const n of manager.stream("synthesize", {}, () => numbers(manager))) if (n === 2) break;
    expect(recorder.end("synthesize").status).toBe("ok");
    expect(recorder.end("templating").parentId).toBe(recorder.end("synthesize").id);
    expect(manager.openEvents).toBe(0);
  });

  it("ends with the error of its source", async () => {
    const { manager, recorder } = record();
    const error = new Error("broken");
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw error;
    }
    await expect(Array.fromAsync(manager.stream("llm", {}, broken))).rejects.toBe(error);
    expect(recorder.end("llm")).toMatchObject({ status: "error", error });
  });

  it("tells of each piece: its number to all, itself to those who ask for content", async () => {
    const sizes: unknown[] = [];
    const full: unknown[] = [];
    const manager = new CallbackManager({
      handlers: [
        { onEventChunk: (_event, chunk) => void sizes.push(chunk) },
        { capture: "full", onEventChunk: (_event, chunk) => void full.push(chunk) },
      ],
    });
    async function* words(): AsyncGenerator<string> {
      yield "secret";
      yield "word";
    }
    await Array.fromAsync(manager.stream("llm", {}, words));
    expect(sizes).toEqual([{ index: 0 }, { index: 1 }]);
    expect(full).toEqual([
      { index: 0, content: "secret" },
      { index: 1, content: "word" },
    ]);
  });

  it("shows each piece to redact before it is shown to a handler", async () => {
    const seen: unknown[] = [];
    const manager = new CallbackManager({
      handlers: [{ capture: "full", onEventChunk: (_event, chunk) => void seen.push(chunk) }],
      redact: (payload, { phase }) =>
        phase === "chunk" ? { content: String(payload["content"]).replace("secret", "…") } : payload,
    });
    async function* words(): AsyncGenerator<string> {
      yield "a secret word";
    }
    expect(await Array.fromAsync(manager.stream("llm", {}, words))).toEqual(["a secret word"]);
    expect(seen).toEqual([{ index: 0, content: "a … word" }]);
  });

  it("starts once, also when several items are asked for at once", async () => {
    const { manager, recorder } = record();
    const stream = manager.stream("synthesize", {}, () => numbers(manager));
    const items = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next()]);
    expect(items.map(({ value }) => value)).toEqual([1, 2, 3, undefined]);
    expect(recorder.ends.filter(({ type }) => type === "synthesize")).toHaveLength(1);
    expect(manager.openEvents).toBe(0);
  });

  it("closes a source that is there already when nothing was asked for", async () => {
    const closed = vi.fn();
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: 1 }),
        async return() {
          closed();
          return { done: true, value: undefined };
        },
      }),
    };
    const { recorder, manager } = record();
    const unread = manager.stream("llm", undefined, source);
    await unread[Symbol.asyncDispose]();
    await unread[Symbol.asyncDispose]();
    expect(closed).toHaveBeenCalledOnce();
    expect(recorder.calls).toEqual([]);
    const thrown = manager.stream("llm", undefined, source);
    await thrown.next();
    await expect(thrown.throw?.(new Error("no more"))).rejects.toThrow("no more");
    expect(closed).toHaveBeenCalledTimes(2);
    expect(manager.openEvents).toBe(0);
  });

  it("starts nothing where nothing is asked for", async () => {
    const { manager, recorder } = record();
    const stream = manager.stream("llm", {}, () => numbers(manager));
    await stream.return?.();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(recorder.calls).toEqual([]);
  });
});

describe("traces", () => {
  it("hold everything inside, under one name and one id; inner ones join", async () => {
    const { manager, recorder } = record();
    await manager.asTrace("outer", async () => {
      await manager.event("query", () => manager.asTrace("inner", () => manager.event("retrieve", turn)));
      await manager.event("reranking", turn);
    });
    expect(recorder.calls.filter((call) => call.includes("trace"))).toEqual([
      "trace outer",
      "end of trace outer",
    ]);
    expect(new Set(recorder.ends.map(({ traceId }) => traceId)).size).toBe(1);
    expect(recorder.end("retrieve").parentId).toBe(recorder.end("query").id);
    const [map] = recorder.maps;
    expect(map).toEqual(
      new Map([
        ["root", [recorder.end("query").id, recorder.end("reranking").id]],
        [recorder.end("query").id, [recorder.end("retrieve").id]],
      ]),
    );
  });

  it("stay apart under concurrency, each with its own map", async () => {
    const { manager, recorder } = record();
    const names = Array.from({ length: 50 }, (_, index) => `trace-${index}`);
    await Promise.all(
      names.map((name) =>
        manager.asTrace(name, () => manager.event("query", () => manager.event("retrieve", turn))),
      ),
    );
    expect(recorder.maps).toHaveLength(50);
    for (const map of recorder.maps) expect([...map.values()].map(({ length }) => length)).toEqual([1, 1]);
    for (const end of recorder.ends.filter(({ type }) => type === "retrieve")) {
      const parent = recorder.ends.find(({ id }) => id === end.parentId)!;
      expect(parent.traceName).toBe(end.traceName);
    }
  });

  it("can be held: run enters it, end ends it once", async () => {
    const { manager, recorder } = record();
    const trace = manager.startTrace("held");
    await trace.run(() => manager.event("query", turn));
    manager.endTrace(trace);
    trace.end();
    expect(recorder.calls).toEqual(["trace held", "+query", "-query", "end of trace held"]);
    expect(recorder.end("query").traceId).toBe(trace.id);
  });

  it("are joined by other managers, which see their own part", async () => {
    const a = record();
    const b = record();
    await a.manager.asTrace("both", () =>
      a.manager.event("query", () =>
        b.manager.event("retrieve", () => a.manager.event("reranking", () => turn())),
      ),
    );
    const query = a.recorder.end("query");
    const retrieve = b.recorder.end("retrieve");
    expect(retrieve.traceId).toBe(query.traceId);
    expect(retrieve.parentId).toBe(query.id);
    expect(a.recorder.end("reranking").parentId).toBe(retrieve.id);
    expect(a.recorder.calls.filter((call) => call.includes("trace"))).toHaveLength(2);
    expect(b.recorder.calls).toEqual(["trace both", "+retrieve", "-retrieve", "end of trace both"]);
  });

  it("are told of by currentTrace and currentCallbackManager", async () => {
    const { manager } = record();
    expect(currentCallbackManager()).toBeUndefined();
    await manager.asTrace("here", () =>
      manager.event("query", async (query) => {
        await manager.event("retrieve", (retrieve) => {
          expect(currentTrace()).toMatchObject({ name: "here", stack: [query.id, retrieve.id] });
          expect(currentCallbackManager()).toBe(manager);
        });
      }),
    );
  });
});

describe("sampling", () => {
  it("decides at the top of a trace, for all of it", async () => {
    const recorder = new Recorder();
    const sample = ({ name }: { name: string }): boolean => name !== "query";
    const manager = new CallbackManager({ handlers: [recorder], sample });
    await manager.event("query", () => manager.event("retrieve", () => manager.asTrace("inner", turn)));
    await manager.asTrace("other", () => manager.event("query", turn));
    expect(recorder.ends.map(({ traceName, type }) => `${traceName} ${type}`)).toEqual(["other query"]);
    expect(manager.openEvents).toBe(0);
  });

  it("takes a share", async () => {
    const random = vi.spyOn(Math, "random");
    try {
      random.mockReturnValueOnce(0.29).mockReturnValueOnce(0.3);
      const recorder = new Recorder();
      const manager = new CallbackManager({ handlers: [recorder], sample: 0.3 });
      await manager.event("query", () => {});
      await manager.event("retrieve", () => {});
      expect(recorder.ends.map(({ type }) => type)).toEqual(["query"]);
    } finally {
      random.mockRestore();
    }
  });

  it.each([-0.1, 1.1, Number.NaN])("refuses the share %s", (sample) => {
    expect(() => new CallbackManager({ sample })).toThrow(RangeError);
  });
});

describe("handlers", () => {
  it("can be added, removed and replaced", async () => {
    const [a, b] = [new Recorder(), new Recorder()];
    const manager = new CallbackManager();
    manager.addHandler(a);
    await manager.event("query", () => {});
    manager.setHandlers([a, b]);
    manager.removeHandler(a);
    await manager.event("retrieve", () => {});
    expect(manager.handlers).toEqual([b]);
    expect(a.ends.map(({ type }) => type)).toEqual(["query"]);
    expect(b.ends.map(({ type }) => type)).toEqual(["retrieve"]);
  });

  it("are refused where they are none, or stand there twice", () => {
    const handler = new Recorder();
    expect(() => new CallbackManager({ handlers: [handler, handler] })).toThrow(
      /Recorder is in handlers twice \(index 1\)/,
    );
    expect(() => new CallbackManager({ handlers: [null as never] })).toThrow(TypeError);
    expect(() => new CallbackManager({ handlers: {} as never })).toThrow(TypeError);
  });

  it("are not told of what they ignore", async () => {
    const debug = new DebugHandler({ ignoreEventStarts: ["chunking"], ignoreEventEnds: ["llm"] });
    const manager = new CallbackManager({ handlers: [debug] });
    for (const type of ["chunking", "llm", "embedding"] as const) {
      await manager.event(type, () => {});
    }
    expect(debug.getEvents()).toHaveLength(4);
  });

  it("may be global: every manager serves them, and traced work without one", async () => {
    const recorder = new Recorder();
    const manager = new CallbackManager();
    try {
      setGlobalHandlers([recorder]);
      expect(() => manager.addHandler(recorder)).toThrow(/global handler already/);
      await manager.event("query", () => {});
      await currentCallbackManager()!.event("retrieve", () => {});
      expect(recorder.ends.map(({ type }) => type)).toEqual(["query", "retrieve"]);
      expect(() => setGlobalHandlers([recorder, recorder])).toThrow(TypeError);
    } finally {
      setGlobalHandlers([]);
    }
    await manager.event("tree", () => {});
    expect(recorder.ends).toHaveLength(2);
    expect(currentCallbackManager()).toBeUndefined();
  });

  it("that become global after they were added are told once", async () => {
    const { recorder, manager } = record();
    setGlobalHandlers([recorder]);
    await manager.event("query", () => {});
    setGlobalHandlers([]);
    expect(recorder.starts).toHaveLength(1);
  });

  it("can put a context of their own around the body", async () => {
    const foreign = new AsyncLocalStorage<string>();
    const around: CallbackHandler["around"] = (event, body) => foreign.run(event.type, body);
    const manager = new CallbackManager({ handlers: [{ around }] });
    const seen = await manager.event("query", async () => {
      await turn();
      return [foreign.getStore(), await manager.event("embedding", () => foreign.getStore())];
    });
    expect(seen).toEqual(["query", "embedding"]);
  });
});

describe("capture", () => {
  it("collects content only for a handler that asks, and shows it to that one alone", async () => {
    const sizes = new Recorder();
    const full = Object.assign(new Recorder(), { capture: "full" as const });
    const collect = vi.fn(() => ({ texts: ["secret"] }));
    const run = (manager: CallbackManager): Promise<void> =>
      manager.event("embedding", { count: 1, content: collect }, (event) => {
        event.set({ dimensions: 2, content: { vectors: [[1, 2]] } });
      });
    await run(new CallbackManager({ handlers: [sizes] }));
    expect(collect).not.toHaveBeenCalled();
    await run(new CallbackManager({ handlers: [sizes, full] }));
    expect(collect).toHaveBeenCalledOnce();
    for (const event of sizes.ends) {
      expect(event.payload).toEqual({ count: 1 });
      expect(event.endPayload).toEqual({ dimensions: 2 });
    }
    expect(full.ends[0]!.payload).toEqual({ count: 1, content: { texts: ["secret"] } });
    expect(full.ends[0]!.endPayload).toEqual({ dimensions: 2, content: { vectors: [[1, 2]] } });
    expect(full.ends[0]!.id).toBe(sizes.ends[1]!.id);
  });

  it.each([
    ["an array", [new DebugHandler()]],
    ["a handler", new DebugHandler()],
    ["another handler", { onEventEnd() {} }],
    ["a name", "debug"],
  ])("is not taken for handlers: %s in place of options", (_what, options) => {
    expect(() => new CallbackManager(options as never)).toThrow(
      "new CallbackManager({ handlers: [handler] })",
    );
  });

  it("can be denied by the manager: a handler that needs it is refused when it is added", () => {
    const manager = new CallbackManager({ capture: "sizes" });
    expect(() => manager.addHandler(new DebugHandler({ capture: "full" }))).toThrow(
      /DebugHandler needs the texts and vectors of events \(capture: "full"\), which this manager denies/,
    );
    expect(() => new CallbackManager({ capture: "all" as never })).toThrow(
      /capture must be "sizes" or "full"/,
    );
  });

  it("is cut down by redact before any handler sees it", async () => {
    const full = Object.assign(new Recorder(), { capture: "full" as const });
    const manager = new CallbackManager({
      handlers: [full],
      redact: (payload, { phase }) => (phase === "end" ? undefined : { ...payload, content: "***" }),
    });
    await manager.event("query", { content: { query: "secret" } }, (event) => {
      event.set({ content: { response: "secret" } });
    });
    expect(full.end("query").payload).toEqual({ content: "***" });
    expect(full.end("query").endPayload).toEqual({});
  });

  it("shows nothing where redact or the content itself fails, and reports it", async () => {
    const onHandlerError = vi.fn();
    const full = Object.assign(new Recorder(), { capture: "full" as const });
    const redacting = new CallbackManager({
      handlers: [full],
      onHandlerError,
      redact: () => {
        throw new Error("redact failed");
      },
    });
    await redacting.event("query", { content: { query: "secret" } }, () => {});
    const collecting = new CallbackManager({ handlers: [full], onHandlerError });
    const content = (): never => {
      throw new Error("content failed");
    };
    await collecting.event("query", { content }, () => {});
    expect(full.ends.map(({ payload }) => payload)).toEqual([{}, {}]);
    expect(onHandlerError.mock.calls.map(([error, { hook }]) => [(error as Error).message, hook])).toEqual([
      ["redact failed", "redact"],
      ["content failed", "content"],
    ]);
  });
});

describe("code written against the original", () => {
  it("starts and ends events by id", () => {
    const { manager, recorder } = record();
    const query = manager.onEventStart("query");
    const retrieve = manager.onEventStart("retrieve", { topK: 1 }, { parentId: query });
    manager.onEventEnd("retrieve", { count: 1 }, retrieve);
    manager.onEventEnd("query", undefined, query);
    expect(recorder.end("retrieve")).toMatchObject({
      parentId: query,
      id: retrieve,
      endPayload: { count: 1 },
    });
    expect(manager.openEvents).toBe(0);
  });

  it("reports an id that is not open", () => {
    const onHandlerError = vi.fn();
    const manager = new CallbackManager({ handlers: [new Recorder()], onHandlerError });
    manager.onEventEnd("query", undefined, "nobody");
    expect(onHandlerError).toHaveBeenCalledOnce();
    expect(String(onHandlerError.mock.calls[0]![0])).toContain('has the id "nobody"');
  });
});

describe("defineEventType", () => {
  it("makes a type of the user's own a leaf", async () => {
    defineEventType("test_leaf", { leaf: true });
    const { manager, recorder } = record();
    await manager.event("query", () => manager.event("test_leaf", () => manager.event("tree", () => {})));
    expect(recorder.end("tree").parentId).toBe(recorder.end("query").id);
    expect(() => defineEventType("query")).toThrow(/is a built-in event type of @llx\/callbacks/);
  });
});

describe("handlers that are added while events are open", () => {
  it("are told of their ends, where somebody listened when they started", async () => {
    const { manager } = record();
    const [late, debug] = [new Recorder(), new DebugHandler()];
    const query = manager.startEvent("query", { content: { query: "why" } });
    for (const handler of [late, debug]) manager.addHandler(handler);
    const retrieve = query.child("retrieve", { topK: 3 });
    retrieve.onEnd();
    query.onEnd();
    expect(late.calls).toEqual(["+retrieve", "-retrieve", "-query", "end of trace query"]);
    expect(debug.getEvents().map(({ phase, event }) => `${phase} ${event.type}`)).toEqual([
      "start retrieve",
      "end retrieve",
      "end query",
    ]);
    expect(debug.getEventPairs().map(([start]) => start.type)).toEqual(["retrieve"]);
    expect(debug.getEventTimeInfo().count).toBe(2);
  });

  it("are told nothing of those that started while nobody listened", async () => {
    const [late, manager] = [new Recorder(), new CallbackManager()];
    const query = manager.startEvent("query");
    manager.addHandler(late);
    query.onEnd();
    expect(late.calls).toEqual([]);
    expect(manager.openEvents).toBe(0);
  });

  it("are told no more when they are removed", () => {
    const { recorder, manager } = record();
    const query = manager.startEvent("query");
    manager.removeHandler(recorder);
    expect(manager.openEvents).toBe(1);
    query.onEnd();
    expect(recorder.calls).toEqual(["trace query", "+query"]);
    expect(manager.openEvents).toBe(0);
  });
});

describe("closing", () => {
  it("ends what is open as aborted, the innermost first, before handlers flush and close", async () => {
    const recorder = Object.assign(new Recorder(), {
      capture: "full" as const,
      flush: () => void recorder.calls.push("flush"),
      aclose: () => void recorder.calls.push("close"),
    });
    const manager = new CallbackManager({ handlers: [recorder] });
    const gate = Promise.withResolvers<number>();
    const [named, query] = [manager.startTrace("job"), manager.startEvent("query")];
    query.set({ content: { response: "so far" } });
    const running = named.run(() =>
      manager.event("synthesize", () => manager.event("llm", () => gate.promise)),
    );
    const byId = manager.onEventStart("retrieve");
    manager.onEventEnd("retrieve", undefined, byId);
    recorder.calls.length = 0;
    expect(manager.openEvents).toBe(3);

    const closing = manager.aclose();
    expect(manager.openEvents).toBe(0);
    await closing;
    const calls = [
      "-llm",
      "-synthesize",
      "-query",
      "end of trace query",
      "end of trace job",
      "flush",
      "close",
    ];
    expect(recorder.calls).toEqual(calls);
    const ends = recorder.ends.slice(-3);
    expect(ends.map(({ status }) => status)).toEqual(["aborted", "aborted", "aborted"]);
    for (const { duration } of ends) expect(duration).toBeGreaterThanOrEqual(0);
    expect(ends[2]!.endPayload).toEqual({ content: { response: "so far" } });

    query.onEnd();
    query.fail(new Error("too late"));
    query.child("tree").onEnd();
    named.recordError(new Error("too late"));
    named.end();
    gate.resolve(7);
    expect(await running).toBe(7);
    expect(recorder.calls).toEqual(calls);
    expect(query.ended).toBe(true);
    expect(manager.openEvents).toBe(0);
  });

  it("leaves a stream to its consumer", async () => {
    const { recorder, manager } = record();
    async function* words(): AsyncGenerator<string> {
      yield "a";
      yield "b";
    }
    const stream = manager.stream("llm", {}, words);
    await stream.next();
    await manager.aclose();
    expect(recorder.end("llm").status).toBe("aborted");
    expect(await Array.fromAsync(stream)).toEqual(["b"]);
    expect(recorder.ends).toHaveLength(1);
  });

  it("tells nobody of what a handler starts meanwhile", async () => {
    const { recorder, manager } = record();
    const onEventEnd = (): void => manager.startEvent("tree").onEnd();
    manager.addHandler({ onEventEnd });
    manager.startEvent("query");
    await manager.aclose();
    expect(recorder.ends.map(({ type }) => type)).toEqual(["query"]);
    expect(manager.openEvents).toBe(0);
  });

  it("reports a handler that objects, and waits for those that are awaited", async () => {
    const onHandlerError = vi.fn();
    const gate = Promise.withResolvers<void>();
    const closed = vi.fn();
    const raise = (): never => {
      throw new Error("no");
    };
    const handlers: CallbackHandler[] = [
      { raiseErrors: true, onEventEnd: raise },
      { awaited: true, onEventEnd: () => gate.promise, aclose: closed },
    ];
    const manager = new CallbackManager({ handlers, onHandlerError });
    manager.startEvent("query");
    const closing = manager.aclose();
    await turn();
    expect(closed).not.toHaveBeenCalled();
    gate.resolve();
    await closing;
    expect(closed).toHaveBeenCalledOnce();
    expect(onHandlerError.mock.calls.map(([error]) => (error as Error).message)).toEqual(["no"]);
  });

  it("flushes and closes handlers, last added first, once; the work goes on without them", async () => {
    const order: string[] = [];
    const handler = (name: string): CallbackHandler => ({
      flush: () => void order.push(`flush ${name}`),
      aclose: async () => void order.push(`close ${name}`),
    });
    const manager = new CallbackManager({ handlers: [handler("a"), handler("b")] });
    await Promise.all([manager.aclose(), manager.aclose()]);
    expect(order).toEqual(["flush a", "flush b", "close b", "close a"]);
    expect(manager.closed).toBe(true);
    const { recorder } = record();
    setGlobalHandlers([recorder]);
    try {
      expect(await manager.event("query", () => 1)).toBe(1);
    } finally {
      setGlobalHandlers([]);
    }
    expect(recorder.calls).toEqual([]);
  });

  it("takes no more handlers", async () => {
    const handler: CallbackHandler = { onEventStart: vi.fn() };
    const manager = new CallbackManager({ handlers: [handler] });
    await manager.aclose();
    expect(() => manager.addHandler({})).toThrow("the callback manager is closed; make a new one");
    expect(() => manager.setHandlers([])).toThrow("the callback manager is closed");
    manager.removeHandler(handler);
    await manager.event("query", () => {});
    expect(handler.onEventStart).not.toHaveBeenCalled();
  });

  it("gives up on a handler that is never done, and says so", async () => {
    vi.useFakeTimers();
    try {
      const onHandlerError = vi.fn();
      const manager = new CallbackManager({
        handlers: [{ flush: () => new Promise<void>(() => {}) }],
        onHandlerError,
      });
      const closed = manager.aclose();
      await vi.advanceTimersByTimeAsync(10_000);
      await closed;
      expect(String(onHandlerError.mock.calls[0]![0])).toContain(
        "handlers have not finished 10 s after aclose()",
      );
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

declare module "../contract/event-type.ts" {
  interface EventPayloads {
    test_leaf: { start: object; end: object };
  }
}
