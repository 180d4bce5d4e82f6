import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it } from "vitest";
import {
  type CallbackHandler,
  CallbackManager,
  currentCallbackManager,
  DebugHandler,
  setGlobalHandlers,
} from "../index.ts";
import { record, Recorder, turn } from "../testing/recorder.ts";

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

  it("are refused if they are not objects, or duplicates", () => {
    const handler = new Recorder();
    expect(() => new CallbackManager({ handlers: [handler, handler] })).toThrow(
      /Recorder is in handlers twice \(index 1\)/,
    );
    expect(() => new CallbackManager({ handlers: [null as never] })).toThrow(TypeError);
    expect(() => new CallbackManager({ handlers: {} as never })).toThrow(TypeError);
  });

  it("do not receive the event types they ignore", async () => {
    const debug = new DebugHandler({ ignoreEventStarts: ["chunking"], ignoreEventEnds: ["llm"] });
    const manager = new CallbackManager({ handlers: [debug] });
    for (const type of ["chunking", "llm", "embedding"] as const) {
      await manager.event(type, () => {});
    }
    expect(debug.getEvents()).toHaveLength(4);
  });

  it("may be global: they receive the events of every manager, and of traced functions without one", async () => {
    const recorder = new Recorder();
    const manager = new CallbackManager();
    try {
      setGlobalHandlers([recorder]);
      expect(() => manager.addHandler(recorder)).toThrow(/already a global handler/);
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

  it("that become global after they were added receive each event once", async () => {
    const { recorder, manager } = record();
    setGlobalHandlers([recorder]);
    await manager.event("query", () => {});
    setGlobalHandlers([]);
    expect(recorder.starts).toHaveLength(1);
  });

  it("can run the body in a context of their own with around", async () => {
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

describe("handlers that are added while events are open", () => {
  it("receive their ends, if there was a handler when they started", async () => {
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

  it("receive nothing of events that started without any handler", async () => {
    const [late, manager] = [new Recorder(), new CallbackManager()];
    const query = manager.startEvent("query");
    manager.addHandler(late);
    query.onEnd();
    expect(late.calls).toEqual([]);
    expect(manager.openEvents).toBe(0);
  });

  it("receive nothing more once they are removed", () => {
    const { recorder, manager } = record();
    const query = manager.startEvent("query");
    manager.removeHandler(recorder);
    expect(manager.openEvents).toBe(1);
    query.onEnd();
    expect(recorder.calls).toEqual(["trace query", "+query"]);
    expect(manager.openEvents).toBe(0);
  });
});
