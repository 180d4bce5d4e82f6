import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it, vi } from "vitest";
import { CallbackManager, currentTrace, type EventType } from "../index.ts";
import { record, Recorder, turn } from "../testing/recorder.ts";

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

  it("notifies handlers of the start before the body and of the end after it", async () => {
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

  it("carries the payload of the start and the payload of the end", async () => {
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

  it("measures start, end and duration with performance.now()", async () => {
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

  it("knows the parent across awaits, turns of the event loop and parallel work", async () => {
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
          await manager.event("templating", turn);
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

  it("keeps what starts inside a top-level leaf in its trace", async () => {
    const { manager, recorder } = record();
    await manager.event("llm", () => manager.event("function_call", () => {}));
    expect(recorder.end("function_call").parentId).toBeUndefined();
    expect(recorder.end("function_call").traceId).toBe(recorder.end("llm").traceId);
    expect(recorder.calls.filter((call) => call.startsWith("trace"))).toHaveLength(1);
  });

  it("gives each top-level event its own trace", async () => {
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

  it("refuses a body that is not a function", () => {
    const manager = new CallbackManager();
    expect(() => manager.event("query", undefined as never)).toThrow(
      new TypeError('event("query") needs a function to run, not undefined'),
    );
  });

  it("refuses work that runs already", () => {
    expect(() => new CallbackManager().event("query", Promise.resolve(1) as never)).toThrow(
      new TypeError('event("query") needs a function to run, not a promise that is not awaited'),
    );
  });
});

it("startTrace refuses what is no name", () => {
  expect(() => record().manager.startTrace(5 as never)).toThrow(
    new TypeError("startTrace takes the name of the trace, not number 5"),
  );
});

describe("asTrace", () => {
  it("refuses what is no name and no work, before any handler is called", async () => {
    const { manager, recorder } = record();
    const work = vi.fn();
    const asTrace = (...given: unknown[]): Promise<unknown> =>
      manager.asTrace(...(given as [string, () => void]));
    await expect(asTrace(5, work)).rejects.toThrow(
      new TypeError(
        'asTrace takes a name and a function to run, as in asTrace("ask", fn), not number 5 as the name',
      ),
    );
    await expect(asTrace(work)).rejects.toThrow(/, not a function as the name$/);
    await expect(asTrace("x")).rejects.toThrow(
      new TypeError('asTrace("x") needs a function to run, not undefined'),
    );
    await expect(asTrace("x", Promise.resolve(1))).rejects.toThrow(
      new TypeError('asTrace("x") needs a function to run, not a promise that is not awaited'),
    );
    expect(work).not.toHaveBeenCalled();
    expect(recorder.calls).toEqual([]);
  });
});

describe("the options of a manager", () => {
  it.each<[object, Error]>([
    [{ redact: true }, new TypeError("redact must be a function, not boolean true")],
    [{ onHandlerError: true }, new TypeError("onHandlerError must be a function, not boolean true")],
    [{ onHandlerError: null }, new TypeError("onHandlerError must be a function, not null")],
    [
      { sample: "0.5" },
      new TypeError('sample must be a share from 0 to 1 or a function, not the string "0.5"'),
    ],
    [{ sample: null }, new TypeError("sample must be a share from 0 to 1 or a function, not null")],
    [{ sample: 2 }, new RangeError("sample must be a share from 0 to 1 or a function, not number 2")],
  ])("are refused if they are of a wrong kind: %o", (options, error) => {
    expect(() => new CallbackManager(options)).toThrow(error);
    expect(() => new CallbackManager(options)).toThrow(error.constructor);
  });
});

describe("startEvent", () => {
  it("returns an event that ends once and never changes the async context", async () => {
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

  it("keeps parents right when events are held concurrently", async () => {
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

describe("events by id", () => {
  it("onEventStart returns an id, with which onEventEnd ends the event", () => {
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

  it("onEventStart takes the ids of the caller", () => {
    const { manager, recorder } = record();
    const span = "00f067aa0ba902b7";
    expect(manager.onEventStart("query", undefined, { eventId: span })).toBe(span);
    expect(manager.onEventStart("retrieve", {}, { eventId: "my-id", parentId: span })).toBe("my-id");
    manager.onEventStart("tree", {}, { eventId: "another", parentId: "my-id" });
    manager.onEventEnd("tree", {}, "another");
    manager.onEventEnd("retrieve", { count: 1 }, "my-id");
    manager.onEventEnd("query", undefined, span);
    const [query, retrieve, tree] = recorder.starts;
    expect([query!.id, retrieve!.parentId, tree!.parentId]).toEqual([span, span, retrieve!.id]);
    // Handlers write ids into headers and spans, which take nothing else.
    expect(retrieve!.id).toMatch(/^[\da-f]{16}$/);
    expect(recorder.end("retrieve").endPayload).toEqual({ count: 1 });
    expect(manager.openEvents).toBe(0);
  });

  it("onEventStart takes any open event as the parent, and else the event around the call", async () => {
    const onHandlerError = vi.fn();
    const recorder = new Recorder();
    const manager = new CallbackManager({ handlers: [recorder], onHandlerError });
    const first = manager.startEvent("query");
    await manager.event("agent_step", async (step) => {
      manager.onEventStart("retrieve", {}, { parentId: first.id! });
      expect(recorder.starts.at(-1)!.parentId).toBe(first.id);
      manager.onEventStart("retrieve", {}, { parentId: "nobody" });
      expect(recorder.starts.at(-1)!.parentId).toBe(step.id);
    });
    expect(onHandlerError.mock.calls.map(([error]) => String(error))).toEqual([
      'RangeError: no open event has the id "nobody", so it is not the parent',
    ]);
  });

  it("onEventStart reports an id that is taken, and uses another", () => {
    const onHandlerError = vi.fn();
    const manager = new CallbackManager({ handlers: [new Recorder()], onHandlerError });
    const id = manager.onEventStart("query", undefined, { eventId: "a" });
    const other = manager.onEventStart("query", undefined, { eventId: "a" });
    expect(id).toBe("a");
    expect(other).toMatch(/^[\da-f]{16}$/);
    for (const each of [id, other]) manager.onEventEnd("query", undefined, each);
    expect(manager.openEvents).toBe(0);
    expect(String(onHandlerError.mock.calls)).toContain('an event with the id "a" is open already');
  });

  it("the ids of the caller are silent without handlers", () => {
    const onHandlerError = vi.fn();
    const manager = new CallbackManager({ onHandlerError });
    expect(manager.onEventStart("query", undefined, { eventId: "a", parentId: "b" })).toBe("a");
    manager.onEventEnd("query", undefined, "a");
    expect(manager.onEventStart("query")).toBe("");
    manager.onEventEnd("query", undefined, "");
    expect(onHandlerError).not.toHaveBeenCalled();
  });

  it("onEventEnd reports an id that is not open", () => {
    const onHandlerError = vi.fn();
    const manager = new CallbackManager({ handlers: [new Recorder()], onHandlerError });
    manager.onEventEnd("query", undefined, "nobody");
    expect(onHandlerError).toHaveBeenCalledOnce();
    expect(String(onHandlerError.mock.calls[0]![0])).toContain('has the id "nobody"');
  });
});
