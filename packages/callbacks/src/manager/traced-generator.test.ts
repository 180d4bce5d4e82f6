import { describe, expect, it } from "vitest";
import {
  CallbackManager,
  currentTrace,
  DebugHandler,
  setGlobalHandlers,
  traced,
  type TracedDecorator,
} from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function debugged() {
  const debug = new DebugHandler();
  return { debug, manager: new CallbackManager({ handlers: [debug] }) };
}

/** Each event as `parent > type status`, in the order they started. */
function seen(debug: DebugHandler): string[] {
  const { events } = debug.toJSON();
  const typeOf = new Map(events.map(({ id, type }) => [id, type]));
  return events.map(
    ({ parentId = "", type, status = "open" }) => `${typeOf.get(parentId) ?? "top"} > ${type} ${status}`,
  );
}

/** Three items, each produced in its own event; `closed` records that it was left or has ended. */
class Source {
  closed = 0;
  readonly callbackManager: CallbackManager;
  readonly failAt: number;

  constructor(callbackManager: CallbackManager, failAt = 9) {
    this.callbackManager = callbackManager;
    this.failAt = failAt;
  }

  items = traced("retrieve", async function* (this: Source, first: number) {
    try {
      for (let n = first; n < first + 3; n++) {
        await this.callbackManager.event("tree", turn);
        if (n === this.failAt) throw new RangeError(`no ${n}`);
        yield n;
      }
      return "all";
    } finally {
      this.closed++;
    }
  });

  syncItems = traced("retrieve", function* (this: Source, first: number) {
    try {
      for (let n = first; n < first + 3; n++) {
        this.callbackManager.startEvent("tree").onEnd();
        if (n === this.failAt) throw new RangeError(`no ${n}`);
        yield n;
      }
      return "all";
    } finally {
      this.closed++;
    }
  });
}

const inside = ["retrieve > tree ok", "retrieve > tree ok", "retrieve > tree ok"];

describe("a traced async generator", () => {
  it("is an event over the whole stream, entered for each item, but not for its consumer", async () => {
    const { debug, manager } = debugged();
    const source = new Source(manager);
    const numbers: number[] = [];
    await manager.event("query", async () => {
      const items = source.items(1);
      expect(seen(debug)).toEqual(["top > query open"]); // no item was requested
      for await (const n of items) {
        numbers.push(n);
        await manager.event("reranking", turn);
      }
    });
    expect(numbers).toEqual([1, 2, 3]);
    expect(seen(debug).filter((line) => !line.includes("reranking"))).toEqual([
      "top > query ok",
      "query > retrieve ok",
      ...inside,
    ]);
    expect(seen(debug).filter((line) => line.includes("reranking"))).toEqual(
      Array.from({ length: 3 }, () => "query > reranking ok"),
    );
    expect(manager.openEvents).toBe(0);
  });

  it("is a child of the event that is open at the call, wherever it is consumed", async () => {
    const { debug, manager } = debugged();
    const [items] = await manager.event("query", () => [new Source(manager).items(1)]);
    await manager.event("agent_step", async () => {
      for await (const _ of items);
    });
    expect(seen(debug)).toEqual(["top > query ok", "top > agent_step ok", "query > retrieve ok", ...inside]);
  });

  it("ends as ok when it is left early, and is closed", async () => {
    const { debug, manager } = debugged();
    const source = new Source(manager);
    for await (const _ of source.items(1)) break;
    expect(seen(debug)).toEqual(["top > retrieve ok", "retrieve > tree ok"]);
    expect(source.closed).toBe(1);
    expect(manager.openEvents).toBe(0);
  });

  it("fails with what it throws", async () => {
    const { debug, manager } = debugged();
    const source = new Source(manager, 2);
    await expect(Array.fromAsync(source.items(1))).rejects.toThrow("no 2");
    expect(seen(debug)).toEqual(["top > retrieve error", "retrieve > tree ok", "retrieve > tree ok"]);
    expect(source.closed).toBe(1);
  });

  it("passes values in and out like the generator", async () => {
    const { debug, manager } = debugged();
    const echo = {
      callbackManager: manager,
      talk: traced("agent_step", async function* (): AsyncGenerator<string, number, string> {
        let count = 0;
        try {
          for (let said = yield "?"; said !== "bye"; said = yield said.toUpperCase()) count++;
          return count;
        } catch (error) {
          yield `caught ${String(error)}`;
          return -1;
        } finally {
          yield "cleaning up";
        }
      }),
    };
    const polite = echo.talk();
    expect(await polite.next()).toEqual({ done: false, value: "?" });
    expect(await polite.next("moon")).toEqual({ done: false, value: "MOON" });
    expect(await polite.next("bye")).toEqual({ done: false, value: "cleaning up" });
    expect(seen(debug)).toEqual(["top > agent_step open"]);
    expect(await polite.next("")).toEqual({ done: true, value: 1 });
    expect(await polite.next("")).toEqual({ done: true, value: undefined });

    const thrown = echo.talk();
    await thrown.next();
    expect(await thrown.throw("tides")).toEqual({ done: false, value: "caught tides" });
    expect(await thrown.next("")).toEqual({ done: false, value: "cleaning up" });
    expect(await thrown.next("")).toEqual({ done: true, value: -1 });

    const left = echo.talk();
    await left.next();
    expect(await left.return(7)).toEqual({ done: false, value: "cleaning up" });
    expect(await left.next("")).toEqual({ done: true, value: 7 });

    const unread = echo.talk();
    expect(await unread.return(3)).toEqual({ done: true, value: 3 });
    expect(await unread.next("")).toEqual({ done: true, value: undefined });
    await expect(echo.talk().throw(new Error("at once"))).rejects.toThrow("at once");
    expect(seen(debug)).toEqual(Array.from({ length: 3 }, () => "top > agent_step ok"));
  });

  it("is a trace if its name is not an event type", async () => {
    const { debug, manager } = debugged();
    async function* nightly(this: { callbackManager: CallbackManager }): AsyncGenerator<string | undefined> {
      yield currentTrace()?.name;
      await this.callbackManager.event("query", turn);
      throw new RangeError("too late");
    }
    const owner = { callbackManager: manager, run: traced("nightly", nightly) };
    const names: (string | undefined)[] = [];
    const consume = async (): Promise<void> => {
      for await (const name of owner.run()) names.push(name, currentTrace()?.name);
    };
    await expect(consume()).rejects.toThrow("too late");
    expect(names).toEqual(["nightly", undefined]);
    expect(seen(debug)).toEqual(["top > query ok", "top > exception error"]);
    expect(new Set(debug.toJSON().events.map(({ traceName }) => traceName))).toEqual(new Set(["nightly"]));
  });

  it("keeps its name, and is the generator itself without a manager", async () => {
    const words = traced("llm", async function* words() {
      yield currentTrace();
    });
    expect(words.name).toBe("words");
    expect(await Array.fromAsync(words())).toEqual([undefined]);
    const { debug } = debugged();
    setGlobalHandlers([debug]);
    try {
      await Array.fromAsync(words());
    } finally {
      setGlobalHandlers([]);
    }
    expect(seen(debug)).toEqual(["top > llm ok"]);
  });

  it("can be a method that is decorated", async () => {
    const { debug, manager } = debugged();
    class Index {
      callbackManager = manager;
      async *read(from: number): AsyncGenerator<number> {
        yield from;
      }
    }
    // What a build step makes of `@traced("retrieve") async *read(from) { … }`.
    const decorate: TracedDecorator = traced("retrieve");
    const context = { kind: "method", name: "read" } as ClassMethodDecoratorContext<Index, Index["read"]>;
    Index.prototype.read = decorate(Index.prototype.read, context);
    expect(await Array.fromAsync(new Index().read(4))).toEqual([4]);
    expect(seen(debug)).toEqual(["top > retrieve ok"]);
  });
});

describe("a traced generator", () => {
  it("is an event from the first requested item to its end", () => {
    const { debug, manager } = debugged();
    const source = new Source(manager);
    manager.startEvent("query").run(() => {
      const items = source.syncItems(1);
      expect(seen(debug)).toEqual(["top > query open"]);
      expect([...items]).toEqual([1, 2, 3]);
      expect(currentTrace()?.stack).toHaveLength(1);
    });
    expect(seen(debug)).toEqual(["top > query open", "query > retrieve ok", ...inside]);
  });

  it("ends as ok when it is left early, and fails with what it throws", () => {
    const { debug, manager } = debugged();
    const source = new Source(manager, 2);
    for (const _ of source.syncItems(1)) break;
    expect(source.closed).toBe(1);
    expect(() => [...source.syncItems(1)]).toThrow("no 2");
    expect(source.closed).toBe(2);
    const items = source.syncItems(5);
    items.next();
    expect(() => items.throw(new Error("thrown in"))).toThrow("thrown in");
    expect(seen(debug).filter((line) => line.includes("> retrieve"))).toEqual([
      "top > retrieve ok",
      "top > retrieve error",
      "top > retrieve error",
    ]);
    expect(manager.openEvents).toBe(0);
  });

  it("is closed when a handler stops the work", () => {
    const onEventChunk = (): never => {
      throw new Error("enough");
    };
    const manager = new CallbackManager({ handlers: [{ onEventChunk, raiseErrors: true }] });
    const source = new Source(manager);
    expect(() => source.syncItems(1).next()).toThrow("enough");
    expect(source.closed).toBe(1);
    expect(manager.openEvents).toBe(0);
  });

  it("is a trace if its name is not an event type", () => {
    const { debug, manager } = debugged();
    const owner = {
      callbackManager: manager,
      *run(): Generator<number, string, boolean> {
        manager.startEvent("query").onEnd();
        return (yield 1) ? "yes" : "no";
      },
    };
    const items = traced("nightly", owner.run).call(owner);
    expect(items.next()).toEqual({ done: false, value: 1 });
    expect(items.next(true)).toEqual({ done: true, value: "yes" });
    expect(debug.toJSON().events.map(({ traceName }) => traceName)).toEqual(["nightly"]);
  });
});

it("refuses a function that returns a generator and is not a function*", async () => {
  const { debug, manager } = debugged();
  async function* numbers(): AsyncGenerator<number> {
    yield 1;
  }
  const owner = { callbackManager: manager, read: traced("retrieve", (): unknown => numbers()) };
  await expect(owner.read()).rejects.toThrow(
    'traced("retrieve", fn): fn returns a generator and is not a function* itself',
  );
  expect(seen(debug)).toEqual(["top > retrieve error"]);
});
