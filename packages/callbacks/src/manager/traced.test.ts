import { describe, expect, it } from "vitest";
import { CallbackManager, DebugHandler, setGlobalHandlers, traced, tracedSync } from "../index.ts";
import { record } from "../testing/recorder.ts";

function debugged() {
  const debug = new DebugHandler();
  return { debug, manager: new CallbackManager({ handlers: [debug] }) };
}

const typesOf = (debug: DebugHandler): string[] => debug.getEventPairs().map(([start]) => start.type);

describe("traced", () => {
  it("wraps a function without changing arguments, result, name and errors", async () => {
    const { debug, manager } = debugged();
    const add = traced("query", async function add(a: number, b: number) {
      if (b === 0) throw new RangeError("no zeros");
      return a + b;
    });
    expect(add.name).toBe("add");
    await manager.event("agent_step", async () => {
      expect(await add(2, 3)).toBe(5);
      await expect(add(2, 0)).rejects.toThrow("no zeros");
    });
    expect(typesOf(debug)).toEqual(["agent_step", "query", "query"]);
  });

  it("refuses a function without any name, and what is no function", () => {
    expect(() => traced(async () => {})).toThrow("traced needs a name for a function that has none");
    expect(() => traced("query", 5 as never)).toThrow("traced takes a name, a function and options");
  });

  it("names itself after the function", async () => {
    const { recorder, manager } = record();
    const load = traced(async function load(page: number) {
      return page;
    });
    expect(await manager.event("query", () => load(3))).toBe(3);
    await manager.event("query", () => traced("agent_step", load)(3));
    expect(recorder.starts.map(({ type, payload }) => [type, payload])).toEqual([
      ["query", {}],
      ["function_call", { name: "load" }],
      ["query", {}],
      ["agent_step", { name: "load" }],
      ["function_call", { name: "load" }],
    ]);
  });

  it("makes one event of a function that is traced twice under one name", async () => {
    const { recorder, manager } = record();
    const load = async (page: number): Promise<number> => page;
    const once = traced("retrieve", load);
    expect(traced("retrieve", once)).toBe(once);
    const recording = traced("retrieve", once, { input: (page) => ({ topK: page }) });
    expect(await manager.event("query", () => recording(3))).toBe(3);
    expect(recorder.starts.map(({ type, payload }) => [type, payload])).toEqual([
      ["query", {}],
      ["retrieve", { topK: 3 }],
    ]);
  });

  it("records what it is told of arguments and result, and content only for who sees it", async () => {
    const { recorder, manager } = record();
    const full: object[] = [];
    manager.addHandler({
      capture: "full",
      onEventEnd: ({ payload, endPayload }) => void full.push(payload, endPayload),
    });
    const search = traced(
      "retrieve",
      async (word: string, topK: number) => [`about ${word}`].slice(0, topK),
      {
        input: (word, topK) => ({ topK, content: { query: word } }),
        output: (nodes) => ({ count: nodes.length, content: () => ({ nodes }) }),
      },
    );
    const owner = { callbackManager: manager, search };
    expect(await owner.search("tides", 2)).toEqual(["about tides"]);
    const { payload, endPayload } = recorder.end("retrieve");
    expect([payload, endPayload]).toEqual([{ topK: 2 }, { count: 1 }]);
    expect(full).toEqual([
      { topK: 2, content: { query: "tides" } },
      { count: 1, content: { nodes: ["about tides"] } },
    ]);
  });

  it("makes no payload while no handler listens, and none of the result of a call that fails", async () => {
    let made = 0;
    const make = (): object => ({ made: ++made });
    const fail = traced("query", () => Promise.reject(new Error("no")), { input: make, output: make });
    const { recorder, manager } = record();
    const silent = new CallbackManager();
    await expect(silent.asTrace("a", fail)).rejects.toThrow("no");
    await expect(fail()).rejects.toThrow("no");
    expect(made).toBe(0);
    await expect(manager.asTrace("a", fail)).rejects.toThrow("no");
    expect(made).toBe(1);
    expect(recorder.end("query").status).toBe("error");
  });

  it("reports errors of what makes the payload, and returns the result", async () => {
    const { recorder } = record();
    const reported: unknown[] = [];
    const manager = new CallbackManager({
      handlers: [recorder],
      onHandlerError: (error, { hook }) => void reported.push([hook, (error as Error).message]),
    });
    const broken = (word: string) => (): object => {
      throw new Error(word);
    };
    const load = traced("query", async () => 5, { input: broken("input"), output: broken("output") });
    expect(await manager.asTrace("a", load)).toBe(5);
    expect(reported).toEqual([
      ["payload", "input"],
      ["payload", "output"],
    ]);
    expect(recorder.end("query").status).toBe("ok");
  });

  it("records the arguments of a generator", async () => {
    const { recorder, manager } = record();
    const write = traced(
      "llm",
      async function* (model: string) {
        yield model;
      },
      { input: (model) => ({ model }) },
    );
    const owner = { callbackManager: manager, write };
    for await (const word of owner.write("small")) expect(word).toBe("small");
    expect(recorder.starts[0]!.payload).toEqual({ model: "small" });
  });

  it("refuses to record in a trace", () => {
    expect(() => traced("nightly" as "query", async () => {}, {})).toThrow(
      'traced("nightly", …) takes no input',
    );
  });

  it("runs a trace if its name is not an event type", async () => {
    const { debug, manager } = debugged();
    const owner = { callbackManager: manager, run: traced("nightly", () => manager.event("query", () => 1)) };
    expect(await owner.run()).toBe(1);
    expect(debug.getEvents()[0]!.event.traceName).toBe("nightly");
  });

  it("uses the manager of the object, else the current one, else none", async () => {
    const { debug, manager } = debugged();
    class Index {
      callbackManager: CallbackManager | undefined;
      readonly #answer = 42;
      retrieve = traced("retrieve", function (this: Index) {
        return this.#answer;
      });
    }
    const index = new Index();
    expect(await index.retrieve()).toBe(42);
    expect(typesOf(debug)).toEqual([]);
    index.callbackManager = manager;
    expect(await index.retrieve()).toBe(42);
    expect(typesOf(debug)).toEqual(["retrieve"]);
    index.callbackManager = undefined;
    setGlobalHandlers([debug]);
    try {
      await index.retrieve();
    } finally {
      setGlobalHandlers([]);
    }
    expect(typesOf(debug)).toEqual(["retrieve", "retrieve"]);
  });

  it("decorates a method, as a standard decorator", async () => {
    const { debug, manager } = debugged();
    // What a build step makes of `@traced("retrieve") async retrieve(topK) { … }`.
    class Index {
      callbackManager = manager;
      async retrieve(topK: number): Promise<number> {
        return topK * 2;
      }
    }
    const context = { kind: "method", name: "retrieve" } as ClassMethodDecoratorContext<
      Index,
      (this: Index, topK: number) => Promise<number>
    >;
    Index.prototype.retrieve = traced("retrieve")(Index.prototype.retrieve, context);
    expect(await new Index().retrieve(4)).toBe(8);
    expect(typesOf(debug)).toEqual(["retrieve"]);
  });

  it("names a decorated method after the class of the object, and a static one after its own", async () => {
    const { recorder, manager } = record();
    class Index {
      async retrieve(): Promise<number> {
        return 1;
      }
    }
    class NewerIndex extends Index {}
    const context = { kind: "method", name: "retrieve" } as ClassMethodDecoratorContext<
      Index,
      (this: Index) => Promise<number>
    >;
    const method = traced()(Index.prototype.retrieve, context);
    Index.prototype.retrieve = method;
    const open = traced({ output: true })(async () => 2, { ...context, name: "open" } as never);
    await manager.asTrace("a", async () => {
      await new NewerIndex().retrieve();
      await Reflect.apply(open, Index, []);
      await Reflect.apply(open, undefined, []);
    });
    expect(recorder.starts.map(({ payload }) => payload)).toEqual([
      { name: "NewerIndex.retrieve" },
      { name: "Index.open" },
      { name: "open" },
    ]);
  });
});

describe("tracedSync", () => {
  it("leaves a sync function sync, in an event", () => {
    const { recorder, manager } = record();
    const parse = tracedSync("chunking", (text: string) => text.split(" "), {
      input: (text) => ({ count: text.length }),
      output: (words) => ({ count: words.length }),
    });
    const owner = { callbackManager: manager, parse };
    expect(owner.parse("a b")).toEqual(["a", "b"]);
    expect(recorder.end("chunking")).toMatchObject({ payload: { count: 3 }, endPayload: { count: 2 } });
  });

  it("throws what the function throws, and records it", () => {
    const { recorder, manager } = record();
    const parse = tracedSync(function parse(text: string): number {
      if (text === "") throw new RangeError("no text");
      return manager.startEvent("tree").onEnd() ?? text.length;
    });
    const owner = { callbackManager: manager, parse };
    expect(() => owner.parse("")).toThrow(new RangeError("no text"));
    expect(recorder.end("function_call")).toMatchObject({ status: "error", payload: { name: "parse" } });
    expect(owner.parse("abc")).toBe(3);
    expect(recorder.starts.map(({ type }) => type)).toEqual(["function_call", "function_call", "tree"]);
    expect(recorder.starts[2]!.parentId).toBe(recorder.starts[1]!.id);
  });

  it("only calls the function outside any manager", () => {
    expect(tracedSync("query", (a: number) => a + 1)(2)).toBe(3);
  });

  it("runs a trace if its name is not an event type, and is stopped by a handler that raises errors", () => {
    const { recorder, manager } = record();
    const run = tracedSync("nightly", () => manager.startEvent("query").onEnd());
    Reflect.apply(run, { callbackManager: manager }, []);
    expect(recorder.starts[0]!.traceName).toBe("nightly");
    const budget = {
      raiseErrors: true,
      onEventStart: (): never => {
        throw new RangeError("spent");
      },
    };
    let calls = 0;
    const count = tracedSync("query", () => ++calls);
    const owner = { callbackManager: new CallbackManager({ handlers: [budget] }), count };
    expect(() => owner.count()).toThrow("spent");
    expect(calls).toBe(0);
  });

  it("refuses a function that returns a promise", () => {
    const { recorder, manager } = record();
    const load = tracedSync("query", (async () =>
      Promise.reject(new Error("no"))) as unknown as () => number);
    expect(() => Reflect.apply(load, { callbackManager: manager }, [])).toThrow("returns a promise");
    expect(recorder.end("query").status).toBe("error");
  });
});
