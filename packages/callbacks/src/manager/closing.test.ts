import { describe, expect, it, vi } from "vitest";
import { type CallbackHandler, CallbackManager, setGlobalHandlers } from "../index.ts";
import { record, Recorder, turn } from "../testing/recorder.ts";

describe("aclose", () => {
  it('ends open events as "aborted", last started first, before handlers flush and close', async () => {
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

  it("records nothing that a handler starts meanwhile", async () => {
    const { recorder, manager } = record();
    const onEventEnd = (): void => manager.startEvent("tree").onEnd();
    manager.addHandler({ onEventEnd });
    manager.startEvent("query");
    await manager.aclose();
    expect(recorder.ends.map(({ type }) => type)).toEqual(["query"]);
    expect(manager.openEvents).toBe(0);
  });

  it("reports a handler with raiseErrors that throws, and waits for awaited handlers", async () => {
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

  it("refuses more handlers", async () => {
    const handler: CallbackHandler = { onEventStart: vi.fn() };
    const manager = new CallbackManager({ handlers: [handler] });
    await manager.aclose();
    expect(() => manager.addHandler({ flush() {} })).toThrow(
      "the callback manager is closed; make a new one",
    );
    expect(() => manager.setHandlers([])).toThrow("the callback manager is closed");
    manager.removeHandler(handler);
    await manager.event("query", () => {});
    expect(handler.onEventStart).not.toHaveBeenCalled();
  });

  it("warns once of what starts afterwards, if there were handlers", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const onEventEnd = (): void => manager.startEvent("tree").onEnd();
      const manager = new CallbackManager({ handlers: [{ onEventEnd }] });
      const none = new CallbackManager();
      manager.startEvent("query");
      await Promise.all([manager.aclose(), none.aclose()]);
      await none.event("query", () => {});
      expect(warn).not.toHaveBeenCalled();
      expect(await manager.event("embedding", () => 1)).toBe(1);
      manager.startTrace("night").end();
      expect(warn.mock.calls).toEqual([
        [
          expect.stringMatching(
            /^embedding has started after aclose\(\) of its CallbackManager: .* no tokenBudget/,
          ),
          { type: "CallbackManagerClosed", code: "LLX_CALLBACK_MANAGER_CLOSED" },
        ],
      ]);
    } finally {
      warn.mockRestore();
    }
  });

  it("stops waiting after 10 s for a handler that never finishes, and reports it", async () => {
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
