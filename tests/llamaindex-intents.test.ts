// What the tests of LlamaIndex's Python core check, intent by intent, in our words and on our packages. Each group names
// the file whose intents it has. What cannot be the same here says so.
import { AsyncLocalStorage } from "node:async_hooks";
import { Worker } from "node:worker_threads";
import {
  type AnyEventEnd,
  type AnyEventStart,
  CallbackManager,
  continueTrace,
  DebugHandler,
  serializeTrace,
  TokenBudgetError,
  TokenCountingHandler,
  traced,
  tracedSync,
  traceMethods,
  withTags,
} from "@llx/callbacks";
import { asyncRun, batchGather, runAsyncTasks } from "@llx/async";
import { describe, expect, it } from "vitest";

class Log {
  readonly starts: AnyEventStart[] = [];
  readonly ends: AnyEventEnd[] = [];
  readonly capture = "full";

  onEventStart(event: AnyEventStart): void {
    this.starts.push(event);
  }

  onEventEnd(event: AnyEventEnd): void {
    this.ends.push(event);
  }
}

function logged() {
  const log = new Log();
  return { log, manager: new CallbackManager({ handlers: [log] }) };
}

const namesOf = (log: Log): unknown[] =>
  log.starts.map(({ payload }) => (payload as { readonly name?: string }).name);

describe("test_async_utils", () => {
  it("gathers in batches when the tasks cannot be divided by the size of a batch", async () => {
    const tasks = [0, 1, 2, 3, 4].map((n) => async () => n);
    expect(await batchGather(tasks, { batchSize: 2 })).toEqual([0, 1, 2, 3, 4]);
  });

  it("a nested run sees the context of its caller", async () => {
    const storage = new AsyncLocalStorage<string>();
    const nested = storage.run("sentinel", () => asyncRun(() => asyncRun(async () => storage.getStore())));
    expect(await nested).toBe("sentinel");
  });

  it("an error of a task propagates also with a progress bar", async () => {
    const failing = runAsyncTasks([() => Promise.reject(new RangeError("task failed"))], {
      showProgress: { start() {}, advance() {}, stop() {} },
    });
    await expect(failing).rejects.toThrow("task failed");
  });

  it("a progress bar that cannot be set up does not fail the tasks", async () => {
    const broken = {
      start(): never {
        throw new Error("no terminal");
      },
      advance() {},
      stop() {},
    };
    expect(await runAsyncTasks([async () => "ok"], { showProgress: broken })).toEqual(["ok"]);
  });
});

describe("test_llama_debug", () => {
  const id = "00f067aa0ba902b7";

  it("keeps a start, under the id of its caller", () => {
    const debug = new DebugHandler({ capture: "full" });
    const manager = new CallbackManager({ handlers: [debug] });
    expect(manager.onEventStart("llm", { model: "m", count: 2 }, { eventId: id })).toBe(id);
    expect(debug.getEvents()).toHaveLength(1);
    expect(debug.getEvents("llm")[0]!.event).toMatchObject({ id, payload: { model: "m", count: 2 } });
  });

  it("keeps an end, also of an event whose start it has not seen", () => {
    const debug = new DebugHandler();
    const { manager } = logged();
    manager.onEventStart("embedding", { count: 1 }, { eventId: id });
    manager.addHandler(debug);
    manager.onEventEnd("embedding", { count: 2 }, id);
    expect(debug.getEvents("embedding")).toMatchObject([
      { phase: "end", event: { id, endPayload: { count: 2 } } },
    ]);
  });

  it("has statistics of a pair, which took some time", () => {
    const debug = new DebugHandler();
    const manager = new CallbackManager({ handlers: [debug] });
    manager.onEventEnd("chunking", {}, manager.onEventStart("chunking"));
    expect(debug.getEvents("chunking")).toHaveLength(2);
    const { count, total } = debug.getEventTimeInfo("chunking");
    expect(count).toBe(1);
    expect(total).toBeGreaterThan(0);
  });

  it("is empty after it was flushed", () => {
    const debug = new DebugHandler();
    const manager = new CallbackManager({ handlers: [debug] });
    for (const _ of [1, 2]) manager.onEventEnd("chunking", {}, manager.onEventStart("chunking"));
    expect(debug.getEvents("chunking")).toHaveLength(4);
    debug.flushEventLogs();
    expect(debug.getEvents()).toEqual([]);
  });

  it("leaves out the starts and the ends that it ignores: 6 − 2 = 4", () => {
    const debug = new DebugHandler({ ignoreEventStarts: ["chunking"], ignoreEventEnds: ["llm"] });
    const manager = new CallbackManager({ handlers: [debug] });
    for (const type of ["chunking", "llm", "embedding"] as const) {
      manager.onEventEnd(type, {}, manager.onEventStart(type));
    }
    expect(debug.getEvents()).toHaveLength(4);
  });
});

describe("test_token_counter", () => {
  /** Every text is one token. */
  const tokenizer = (): number => 1;

  it("counts nothing at a start", () => {
    const counter = new TokenCountingHandler({ tokenizer });
    const manager = new CallbackManager({ handlers: [counter] });
    manager.onEventStart("llm", { content: { prompt: "two" } });
    manager.onEventStart("embedding", { content: { texts: ["one"] } });
    expect(counter.calls).toEqual([]);
  });

  it("counts calls apart, and in total, at their ends", async () => {
    const counter = new TokenCountingHandler({ tokenizer });
    const manager = new CallbackManager({ handlers: [counter] });
    await manager.event("llm", { content: { prompt: "two" } }, (event) => {
      event.set({ content: { completion: "three" } });
    });
    expect(counter.calls.map(({ type }) => type)).toEqual(["llm"]);
    await manager.event("embedding", { content: { texts: ["one"] } }, () => {});
    expect(counter.calls.map(({ type, totalTokens }) => [type, totalTokens])).toEqual([
      ["llm", 2],
      ["embedding", 1],
    ]);
    expect([counter.promptTokens + counter.completionTokens, counter.embeddingTokens]).toEqual([2, 1]);
  });
});

describe("test_token_counter_cache_tokens", () => {
  it.each([
    ["read from a cache", { input_tokens: 3, output_tokens: 120, cache_read_input_tokens: 20_000 }, 20_003],
    ["written to a cache", { input_tokens: 10, output_tokens: 120, cache_creation_input_tokens: 1500 }, 1510],
    [
      "both",
      {
        input_tokens: 3,
        output_tokens: 120,
        cache_read_input_tokens: 20_000,
        cache_creation_input_tokens: 1500,
      },
      21_503,
    ],
    ["null", { input_tokens: 42, output_tokens: 120, cache_read_input_tokens: null }, 42],
    ["none", { input_tokens: 100, output_tokens: 120 }, 100],
    [
      "included already, OpenAI",
      { prompt_tokens: 5000, completion_tokens: 120, prompt_tokens_details: { cached_tokens: 4864 } },
      5000,
    ],
    [
      "included already, Gemini",
      { promptTokenCount: 8000, candidatesTokenCount: 120, cachedContentTokenCount: 7500 },
      8000,
    ],
  ])("counts cached tokens once: %s", async (_, usage, expected) => {
    const counter = new TokenCountingHandler();
    const manager = new CallbackManager({ handlers: [counter] });
    await manager.event("llm", (event) => event.set({ usage }));
    expect([counter.promptTokens, counter.completionTokens]).toEqual([expected, 120]);
  });
});

describe("test_token_budget", () => {
  it("10 tokens are within a budget of 15, and 20 are an error that says both", async () => {
    const counter = new TokenCountingHandler({ tokenizer: () => [1, 2, 3, 4, 5], tokenBudget: 15 });
    const manager = new CallbackManager({ handlers: [counter] });
    const ask = (): Promise<void> =>
      manager.event("llm", { content: { prompt: "p" } }, (event) => {
        event.set({ content: { completion: "generated" } });
      });
    await ask();
    await ask();
    await expect(ask()).rejects.toThrow("20 tokens are used of a budget of 15");
    await expect(ask()).rejects.toThrow(TokenBudgetError);
  });

  it("is enforced for events that are started and ended by id, too", () => {
    const counter = new TokenCountingHandler({ tokenBudget: 15 });
    const manager = new CallbackManager({ handlers: [counter] });
    const call = (): void =>
      manager.onEventEnd("llm", { usage: { totalTokens: 10 } }, manager.onEventStart("llm"));
    call();
    call();
    expect(call).toThrow(TokenBudgetError);
  });
});

describe("test_dispatcher", () => {
  it("a span has the arguments and the result, of a function and of a method, sync and async", async () => {
    const { log, manager } = logged();
    const record = { input: true, output: true } as const;
    const add = traced(async function add(a: number, b?: number) {
      return a + (b ?? 3);
    }, record);
    const addSync = tracedSync(function addSync(a: number, b: number) {
      return a + b;
    }, record);
    class Adder {
      async add(a: number, b: number): Promise<number> {
        return a + b;
      }
    }
    const adder = traceMethods(new Adder(), record);
    await manager.asTrace("a", async () => {
      expect(await add(3)).toBe(6);
      expect(addSync(3, 4)).toBe(7);
      expect(await adder.add(3, 5)).toBe(8);
    });
    expect(log.ends.map(({ payload, endPayload }) => [payload, endPayload])).toEqual([
      [{ name: "add", content: { arguments: [3] } }, { content: { result: 6 } }],
      [{ name: "addSync", content: { arguments: [3, 4] } }, { content: { result: 7 } }],
      [{ name: "Adder.add", content: { arguments: [3, 5] } }, { content: { result: 8 } }],
    ]);
  });

  it("a function that throws ends its span with that error, and one that is cancelled is told apart", async () => {
    const { log, manager } = logged();
    const error = new TypeError("value error");
    const cancelled = new DOMException("cancelled", "AbortError");
    const fail = tracedSync("query", () => {
      throw error;
    });
    const cancel = traced("query", () => Promise.reject(cancelled));
    await manager.asTrace("a", async () => {
      expect(fail).toThrow(error);
      await expect(cancel()).rejects.toBe(cancelled);
    });
    expect(log.ends.map(({ status, error: recorded }) => [status, recorded])).toEqual([
      ["error", error],
      ["aborted", undefined],
    ]);
  });

  it("events of concurrent calls have the span of their own call", async () => {
    const { log, manager } = logged();
    const work = traced("retrieve", async () => {
      await manager.event("tree", () => {});
      await Promise.resolve();
      await manager.event("tree", () => {});
    });
    await manager.asTrace("a", () => Promise.all([work(), work(), work()]));
    const parents = Map.groupBy(
      log.starts.filter(({ type }) => type === "tree"),
      ({ parentId }) => parentId,
    );
    const spans = log.starts.filter(({ type }) => type === "retrieve").map(({ id }) => id);
    expect(new Set(parents.keys())).toEqual(new Set(spans));
    expect([...parents.values()].map((events) => events.length)).toEqual([2, 2, 2]);
  });

  it("tags are on spans and events, also of concurrent calls", async () => {
    const { log, manager } = logged();
    const work = traced("retrieve", async () => {
      await Promise.resolve();
      await manager.event("tree", () => {});
    });
    const call = (n: number) =>
      withTags({ n: String(n) }, () => Reflect.apply(work, { callbackManager: manager }, []));
    await Promise.all([0, 1, 2, 3, 4].map(call));
    const tagsOf = (type: string): unknown[] =>
      log.starts.filter((event) => event.type === type).map(({ tags }) => tags["n"]);
    for (const type of ["retrieve", "tree"])
      expect(new Set(tagsOf(type))).toEqual(new Set(["0", "1", "2", "3", "4"]));
  });

  it("in a binary tree of calls, on this thread and on others, each has the right parent", async () => {
    const height = 3;
    const { log, manager } = logged();
    const debug = new DebugHandler();
    manager.addHandler(debug);
    // Node's worker threads load no TypeScript of the workspace, so one half is run from a carrier, as a thread would.
    const visit = (n: number): Promise<void> =>
      manager.event("tree", { level: n }, async () => {
        if (n > 2 ** height - 1) return;
        const children = [2 * n, 2 * n + 1];
        const carrier = n % 2 === 0 ? serializeTrace() : undefined;
        await Promise.all(
          children.map((child) => (carrier ? continueTrace(carrier, () => visit(child)) : visit(child))),
        );
      });
    await Promise.all([manager.asTrace("1", () => visit(1)), manager.asTrace("2", () => visit(1))]);
    expect(log.starts).toHaveLength(2 * (2 ** (height + 1) - 1));
    const levelOf = ({ payload }: AnyEventStart): number => (payload as { level: number }).level;
    const byId = new Map(log.starts.map((event) => [event.id, event]));
    for (const event of log.starts.filter((each) => levelOf(each) > 1)) {
      const parent = byId.get(event.parentId!)!;
      expect(levelOf(parent)).toBe(Math.floor(levelOf(event) / 2));
      expect(parent.traceId).toBe(event.traceId);
    }
  });

  it("a function that is traced three times has one span; behind another wrapper, one for each", async () => {
    const { log, manager } = logged();
    const work = async (): Promise<number> => 5;
    const once = traced("query", traced("query", traced("query", work)));
    expect(await manager.asTrace("a", once)).toBe(5);
    expect(log.starts).toHaveLength(1);
    // There, a wrapper shows the attributes of what it wraps. A JavaScript closure shows nothing of it.
    const behind = traced("query", () => once());
    await manager.asTrace("a", behind);
    expect(log.starts).toHaveLength(3);
  });

  it("what a subclass implements or overrides is traced without further ado, once", async () => {
    const { log, manager } = logged();
    abstract class A {
      readonly callbackManager = manager;
      constructor() {
        traceMethods(this);
      }
      abstract run(): Promise<number>;
    }
    class B extends A {
      async run(): Promise<number> {
        return 1;
      }
    }
    class C extends B {
      override async run(): Promise<number> {
        return 2;
      }
    }
    expect([await new B().run(), await new C().run()]).toEqual([1, 2]);
    expect(namesOf(log)).toEqual(["B.run", "C.run"]);
  });

  it("spans are named after the class of the object, at any depth, and functions after themselves", async () => {
    const { log, manager } = logged();
    class Base {
      readonly callbackManager = manager;
      async shared(): Promise<void> {}
    }
    const context = { kind: "method", name: "shared" } as ClassMethodDecoratorContext<
      Base,
      () => Promise<void>
    >;
    // What a build step makes of @traced().
    Base.prototype.shared = traced()(Base.prototype.shared, context);
    class Derived extends Base {}
    class Further extends Derived {
      static readonly Inner = class Inner extends Derived {};
    }
    for (const Class of [Base, Derived, Further, Further.Inner]) {
      // oxlint-disable-next-line no-await-in-loop -- in this order
      await new Class().shared();
    }
    await manager.asTrace(
      "a",
      traced(async function regular() {}),
    );
    expect(namesOf(log)).toEqual([
      "Base.shared",
      "Derived.shared",
      "Further.shared",
      "Inner.shared",
      "regular",
    ]);
  });
});

describe("test_propagation", () => {
  it("a carrier has the position and the tags, and no tags without any", async () => {
    const { manager } = logged();
    await manager.event("query", async (event) => {
      const tagged = withTags({ user_id: "u1", session: "s1" }, () => serializeTrace());
      expect(tagged?.traceparent).toContain(event.id!);
      expect(tagged?.baggage).toBe("user_id=u1;llx,session=s1;llx");
      expect(serializeTrace()).not.toHaveProperty("baggage");
    });
  });

  it("on the other side, spans see the tags and join the trace", async () => {
    const here = logged();
    const there = logged();
    const carrier = await withTags({ env: "prod" }, () =>
      here.manager.event("query", () => serializeTrace()),
    );
    await continueTrace(carrier, () => there.manager.event("retrieve", () => {}));
    expect(there.log.starts[0]).toMatchObject({
      tags: { env: "prod" },
      parentId: here.log.starts[0]!.id,
      traceId: here.log.starts[0]!.traceId,
    });
  });

  it("reaches a thread", async () => {
    const { manager } = logged();
    const received = await withTags({ env: "prod" }, () =>
      manager.event("query", async () => {
        const code = `const { parentPort, workerData } = require("node:worker_threads"); parentPort.postMessage(workerData);`;
        const worker = new Worker(code, { eval: true, workerData: serializeTrace() });
        const carrier = await new Promise<object>((resolve) => worker.once("message", resolve));
        await worker.terminate();
        const there = logged();
        await continueTrace(carrier as { traceparent: string }, () => there.manager.event("tree", () => {}));
        return there.log.starts[0]!.tags;
      }),
    );
    expect(received).toEqual({ env: "prod" });
  });

  it("a carrier that cannot be read fails nothing", () => {
    for (const carrier of [{ baggage: "%;;=,", tracestate: "x" }, {}, { baggage: 5 as never }]) {
      expect(continueTrace(carrier, () => 5)).toBe(5);
    }
  });
});

describe("test_shutdown", () => {
  it("ends what is open, as aborted, and closes the handlers, once", async () => {
    const { log, manager } = logged();
    let closed = 0;
    manager.addHandler({ aclose: () => void closed++ });
    for (const _ of [1, 2, 3]) manager.startEvent("query");
    expect(manager.openEvents).toBe(3);
    await manager.aclose();
    await manager.aclose();
    expect([manager.openEvents, closed]).toEqual([0, 1]);
    expect(log.ends.map(({ status }) => status)).toEqual(["aborted", "aborted", "aborted"]);
  });

  it("needs no aclose of a handler, and survives one that fails", async () => {
    const errors: unknown[] = [];
    const broken = { aclose: () => Promise.reject(new Error("boom")) };
    const manager = new CallbackManager({
      handlers: [{ flush() {} }, broken],
      onHandlerError: (error) => errors.push(error),
    });
    await manager.aclose();
    expect(errors.map(String)).toEqual(["Error: boom"]);
  });
});

describe("the lists of SimpleSpanHandler", () => {
  it("open, completed and dropped events are told apart", async () => {
    const debug = new DebugHandler();
    const manager = new CallbackManager({ handlers: [debug] });
    manager.startEvent("query");
    await manager.event("retrieve", () => {});
    await manager.event("llm", () => Promise.reject(new Error("no"))).catch(() => {});
    expect(debug.getOpenEvents().map(({ event }) => event.type)).toEqual(["query"]);
    expect(debug.getEventPairs("retrieve")).toHaveLength(1);
    expect(debug.getFailedEvents().map(({ type }) => type)).toEqual(["llm"]);
  });
});
