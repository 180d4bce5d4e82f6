import { describe, expect, it } from "vitest";
import { CallbackManager, DebugHandler, setGlobalHandlers, traced } from "../index.ts";

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

  it("refuses a function without a name", () => {
    expect(() => traced((async () => {}) as never)).toThrow(
      'traced needs a name as its first argument, as in traced("query", fn)',
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
});
