import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it, vi } from "vitest";
import { type CallbackHandler, CallbackManager, type HandlerErrorInfo } from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function managerOf(...handlers: CallbackHandler[]) {
  const failures: { error: unknown; hook: string }[] = [];
  const onHandlerError = (error: unknown, { hook }: HandlerErrorInfo): void =>
    void failures.push({ error, hook });
  return { failures, manager: new CallbackManager({ handlers, onHandlerError }) };
}

describe("a handler that fails", () => {
  it("does not change the result, is reported, and does not keep events from other handlers", async () => {
    const told = vi.fn();
    const broken = new Error("broken handler");
    const fail = (): never => {
      throw broken;
    };
    const { manager, failures } = managerOf(
      {
        startTrace: fail,
        endTrace: fail,
        onEventStart: fail,
        onEventEnd: fail,
        onEventChunk: fail,
        around: fail,
      },
      { onEventStart: told, onEventEnd: told },
    );
    const result = await manager.event("query", (event) => {
      event.chunk();
      return "result";
    });
    expect(result).toBe("result");
    expect(told).toHaveBeenCalledTimes(2);
    expect(failures.map(({ hook }) => hook)).toEqual([
      "startTrace",
      "onEventStart",
      "around",
      "onEventChunk",
      "onEventEnd",
      "endTrace",
    ]);
    expect(failures.every(({ error }) => error === broken)).toBe(true);
  });

  it("does not replace the error of the body", async () => {
    const { manager, failures } = managerOf({
      onEventEnd: () => {
        throw new Error("handler");
      },
    });
    const own = new Error("own");
    await expect(manager.event("query", () => Promise.reject(own))).rejects.toBe(own);
    expect(failures).toHaveLength(1);
  });

  it("is printed once for each method without onHandlerError", async () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    try {
      const handler = {
        name: "clumsy",
        onEventEnd: () => {
          throw new Error("oops");
        },
      };
      const manager = new CallbackManager({ handlers: [handler] });
      await manager.event("query", () => {});
      await manager.event("query", () => {});
      expect(print).toHaveBeenCalledOnce();
      expect(print.mock.calls[0]![0]).toContain("clumsy failed in onEventEnd; the work continues");
    } finally {
      print.mockRestore();
    }
  });

  it("runs the body once, whatever around does", async () => {
    const body = vi.fn(() => 5);
    const { manager, failures } = managerOf(
      { around: () => undefined as never },
      {
        around: (_event, run) => {
          run();
          return run();
        },
      },
      {
        around: (_event, run) => {
          run();
          throw new Error("after the body");
        },
      },
    );
    expect(await manager.event("query", body)).toBe(5);
    expect(body).toHaveBeenCalledOnce();
    expect(failures.map(({ hook }) => hook)).toEqual(["around"]);
  });

  it("in an async around is reported, unless it is the body's own error", async () => {
    const failing = new Error("body");
    const { manager, failures } = managerOf(
      {
        around: (async (_event: unknown, body: () => Promise<unknown>) => {
          await body();
          throw new Error("around");
        }) as never,
      },
      {
        around: (async (_event: unknown, body: () => Promise<unknown>) => {
          await body();
        }) as never,
      },
    );
    await expect(manager.event("query", () => Promise.reject(failing))).rejects.toBe(failing);
    await turn();
    expect(failures).toEqual([]);
    expect(await manager.event("query", async () => 7)).toBe(7);
    await turn();
    expect(failures).toEqual([{ error: new Error("around"), hook: "around" }]);
  });

  it("does not report the body's own error as one of around", async () => {
    const { manager, failures } = managerOf({ around: (_event, run) => run() });
    const own = new Error("own");
    const work = manager.event("query", () => {
      throw own;
    });
    await expect(work).rejects.toBe(own);
    expect(failures).toEqual([]);
  });
});

describe("a function of a program that is async, and rejects,", () => {
  const late = (): never => Promise.reject(new Error("late")) as never;

  it("as onHandlerError is printed", async () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    try {
      const handlers = [
        {
          onEventEnd: () => {
            throw new Error("handler");
          },
        },
      ];
      const manager = new CallbackManager({ handlers, onHandlerError: late });
      await manager.event("query", () => {});
      await turn();
      expect(print.mock.calls).toEqual([
        ["@llx/callbacks: onHandlerError itself failed:", new Error("late")],
      ]);
    } finally {
      print.mockRestore();
    }
  });

  it.each<[string, (seen: CallbackHandler, onHandlerError: (error: unknown) => void) => Promise<unknown>]>([
    [
      "redact",
      (seen, onHandlerError) =>
        new CallbackManager({ handlers: [seen], onHandlerError, redact: late }).event(
          "query",
          { content: { query: "secret" } },
          () => 1,
        ),
    ],
    [
      "sample",
      (seen, onHandlerError) =>
        new CallbackManager({ handlers: [seen], onHandlerError, sample: late }).event("query", () => 1),
    ],
    [
      "content",
      (seen, onHandlerError) =>
        new CallbackManager({ handlers: [seen], onHandlerError }).event("query", { content: late }, () => 1),
    ],
    [
      "payload",
      (seen, onHandlerError) =>
        new CallbackManager({ handlers: [seen], onHandlerError }).event("query", late as never, () => 1),
    ],
  ])("as %s is reported", async (name, ask) => {
    const failures: string[] = [];
    const seen: CallbackHandler = { capture: "full", onEventStart: () => {} };
    expect(await ask(seen, (error) => void failures.push(String(error)))).toBe(1);
    await turn();
    expect(new Set(failures)).toEqual(new Set([`TypeError: ${name} must not be async`]));
  });
});

describe("an async handler", () => {
  it("delays nothing, and receives one call at a time, in order", async () => {
    const gate = Promise.withResolvers<void>();
    const log: string[] = [];
    const { manager } = managerOf({
      onEventStart: async ({ type }) => {
        log.push(`start ${type}`);
        await gate.promise;
        log.push(`started ${type}`);
      },
      onEventEnd: ({ type }) => void log.push(`end ${type}`),
    });
    expect(await manager.event("query", () => manager.event("retrieve", () => 1))).toBe(1);
    expect(log).toEqual(["start query"]);
    gate.resolve();
    await manager.flush();
    expect(log).toEqual([
      "start query",
      "started query",
      "start retrieve",
      "started retrieve",
      "end retrieve",
      "end query",
    ]);
  });

  it("runs in the async context of the event, also when it had to wait", async () => {
    const request = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const { manager } = managerOf({
      onEventEnd: async () => {
        seen.push(request.getStore());
        await turn();
      },
    });
    await Promise.all(["a", "b", "c"].map((id) => request.run(id, () => manager.event("query", () => {}))));
    await request.run("flush", () => manager.flush());
    expect(seen).toEqual(["a", "b", "c"]);
  });

  it("that rejects is reported each time, and receives the next call", async () => {
    const { manager, failures } = managerOf({ onEventEnd: () => Promise.reject(new Error("rejected")) });
    for (const type of ["query", "retrieve", "tree"] as const) {
      expect(await manager.event(type, () => type)).toBe(type);
    }
    await manager.flush();
    expect(failures.map(({ hook }) => hook)).toEqual(["onEventEnd", "onEventEnd", "onEventEnd"]);
  });

  it("that never settles uses bounded memory: excess calls are dropped, counted and reported", async () => {
    const calls = vi.fn(() => new Promise<void>(() => {}));
    const { manager, failures } = managerOf({ onEventEnd: calls });
    for (let n = 0; n < 1100; n++) manager.startEvent("query").onEnd();
    expect(calls).toHaveBeenCalledOnce();
    // One runs and 1,024 wait.
    expect(manager.droppedEvents).toBe(1100 - 1 - 1024);
    expect(failures).toHaveLength(1);
    expect(String(failures[0]!.error)).toContain("1024 calls are already queued for it");
  });

  it("that never settles does not block a flush whose signal is aborted", async () => {
    const { manager } = managerOf({ onEventEnd: () => new Promise<void>(() => {}) });
    await manager.event("query", () => {});
    const controller = new AbortController();
    const flushed = manager.flush({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(flushed).rejects.toThrow("enough");
  });

  it("that is awaited delays the body and the result", async () => {
    const log: string[] = [];
    const { manager } = managerOf({
      awaited: true,
      onEventStart: async () => {
        await turn();
        log.push("start is done");
      },
      onEventEnd: async () => {
        await turn();
        log.push("end is done");
      },
    });
    await manager.event("query", () => void log.push("body"));
    log.push("result");
    expect(log).toEqual(["start is done", "body", "end is done", "result"]);
  });

  it("that is awaited is awaited by flush too", async () => {
    const gate = Promise.withResolvers<void>();
    const log: string[] = [];
    const { manager } = managerOf({
      awaited: true,
      async onEventEnd() {
        await gate.promise;
        log.push("told");
      },
      async aclose() {
        log.push("closed");
      },
    });
    manager.startEvent("query").onEnd();
    const closed = manager.aclose();
    await turn();
    expect(log).toEqual([]);
    gate.resolve();
    await closed;
    expect(log).toEqual(["told", "closed"]);
  });

  it("receives nothing while handlers close", async () => {
    const log: string[] = [];
    const gate = Promise.withResolvers<void>();
    const { manager } = managerOf(
      { aclose: () => gate.promise },
      { onEventStart: () => void log.push("told"), aclose: async () => void log.push("closed") },
    );
    const closed = manager.aclose();
    await turn();
    manager.startEvent("query").onEnd();
    gate.resolve();
    await closed;
    expect(log).toEqual(["closed"]);
  });

  it("is flushed after its queued calls", async () => {
    const gate = Promise.withResolvers<void>();
    const log: string[] = [];
    const { manager } = managerOf({
      onEventEnd: async () => {
        await gate.promise;
        log.push("end");
      },
      flush: () => void log.push("flush"),
    });
    await manager.event("query", () => {});
    const flushed = manager.flush();
    await turn();
    expect(log).toEqual([]);
    gate.resolve();
    await flushed;
    expect(log).toEqual(["end", "flush"]);
  });
});

describe("a handler that raises", () => {
  const stopping: [string, () => Promise<never>][] = [
    [
      "sync",
      () => {
        throw new Error("stop");
      },
    ],
    ["async", () => Promise.reject(new Error("stop"))],
  ];

  it.each(stopping)("at the start keeps the body from running: %s", async (_kind, onEventStart) => {
    const ends = vi.fn();
    const body = vi.fn();
    const { manager } = managerOf({ raiseErrors: true, onEventStart }, { onEventEnd: ends });
    await expect(manager.event("query", body)).rejects.toThrow("stop");
    expect(body).not.toHaveBeenCalled();
    expect(ends).toHaveBeenCalledOnce();
    expect(manager.openEvents).toBe(0);
  });

  it.each(stopping)(
    "at the end fails the work, and all others are told all the same: %s",
    async (_kind, onEventEnd) => {
      const ends = vi.fn();
      const { manager } = managerOf({ raiseErrors: true, onEventEnd }, { onEventEnd: ends });
      await expect(manager.event("query", () => 1)).rejects.toThrow("stop");
      await expect(manager.event("query", async () => 1)).rejects.toThrow("stop");
      expect(ends).toHaveBeenCalledTimes(2);
      expect(manager.openEvents).toBe(0);
    },
  );

  it("at the end of failed work is reported: the error of the work is thrown", async () => {
    const { manager, failures } = managerOf({
      raiseErrors: true,
      onEventEnd: () => {
        throw new Error("handler");
      },
    });
    await expect(manager.event("query", () => Promise.reject(new Error("body")))).rejects.toThrow("body");
    expect(failures.map(({ error }) => String(error))).toEqual(["Error: handler"]);
  });

  it("at the start of a trace stops it before it begins", async () => {
    const body = vi.fn();
    const { manager } = managerOf({
      raiseErrors: true,
      startTrace: () => {
        throw new Error("no trace");
      },
    });
    await expect(manager.asTrace("job", body)).rejects.toThrow("no trace");
    await expect(manager.event("query", body)).rejects.toThrow("no trace");
    expect(body).not.toHaveBeenCalled();
  });

  it("asynchronously stops a trace before it begins too", async () => {
    const body = vi.fn();
    const { manager } = managerOf({
      raiseErrors: true,
      async startTrace() {
        throw new Error("not this one");
      },
    });
    await expect(manager.asTrace("night", body)).rejects.toThrow("not this one");
    expect(body).not.toHaveBeenCalled();
  });

  it("asynchronously, without anyone to await it, is reported, and does not end the process", async () => {
    const fail = async (): Promise<never> => {
      throw new Error("late");
    };
    const { manager, failures } = managerOf(
      { raiseErrors: true, startTrace: fail, endTrace: fail },
      {
        raiseErrors: true,
        onEventEnd() {
          throw new Error("at once");
        },
      },
      { raiseErrors: true, onEventEnd: fail },
    );
    const trace = manager.startTrace("night");
    const event = trace.run(() => manager.startEvent("query"));
    expect(() => event.onEnd()).toThrow("at once");
    trace.end();
    await turn();
    expect(failures.map(({ error }) => String(error))).toEqual(["Error: late", "Error: late", "Error: late"]);
  });

  it("throws from onEnd of a held event", () => {
    const { manager } = managerOf({
      raiseErrors: true,
      onEventEnd: () => {
        throw new Error("stop");
      },
    });
    const event = manager.startEvent("query");
    expect(() => event.onEnd()).toThrow("stop");
    expect(event.ended).toBe(true);
  });

  it("throws from startEvent, and the event has ended", () => {
    const ends = vi.fn();
    const { manager } = managerOf(
      {
        raiseErrors: true,
        onEventStart: ({ type }) => {
          if (type === "llm") throw new Error("stop");
        },
      },
      { onEventEnd: ends },
    );
    expect(() => manager.startEvent("llm")).toThrow("stop");
    const query = manager.startEvent("query");
    expect(() => query.child("llm")).toThrow("stop");
    query.onEnd();
    expect(ends.mock.calls.map(([{ type, status }]) => [type, status])).toEqual([
      ["llm", "error"],
      ["llm", "error"],
      ["query", "ok"],
    ]);
    expect(manager.openEvents).toBe(0);
  });

  it.each(stopping)(
    "at the start of a stream keeps its source from being opened: %s",
    async (_kind, onEventStart) => {
      const { manager } = managerOf({ raiseErrors: true, onEventStart });
      const source = vi.fn();
      const stream = manager.stream("llm", {}, source);
      await expect(stream.next()).rejects.toThrow("stop");
      expect(await stream.next()).toEqual({ done: true, value: undefined });
      expect(source).not.toHaveBeenCalled();
      expect(manager.openEvents).toBe(0);
    },
  );

  it.each(stopping)(
    "at a piece of a stream ends it, and closes its source: %s",
    async (_kind, onEventChunk) => {
      const { manager } = managerOf({ raiseErrors: true, onEventChunk });
      let closed = false;
      async function* words(): AsyncGenerator<string> {
        try {
          yield "one";
          yield "two";
        } finally {
          closed = true;
        }
      }
      await expect(Array.fromAsync(manager.stream("llm", {}, words))).rejects.toThrow("stop");
      expect(closed).toBe(true);
      expect(manager.openEvents).toBe(0);
    },
  );

  it.each(stopping)('only at starts, with "starts": %s', async (_kind, fail) => {
    const { manager, failures } = managerOf({ raiseErrors: "starts", onEventEnd: fail, endTrace: fail });
    expect(await manager.event("query", () => 1)).toBe(1);
    await turn();
    expect(failures.map(({ hook }) => hook)).toEqual(["onEventEnd", "endTrace"]);
    manager.setHandlers([{ raiseErrors: "starts", onEventStart: fail }]);
    await expect(manager.event("query", () => 1)).rejects.toThrow("stop");
    manager.setHandlers([{ raiseErrors: "starts", startTrace: fail }]);
    await expect(manager.event("query", () => 1)).rejects.toThrow("stop");
  });

  it.each<[string, unknown, unknown]>([
    ["an error is thrown as it is", new Error("no"), undefined],
    ["a frozen one is the cause", Object.freeze(new Error("no")), "cause"],
    ["a string is the cause", "no", "cause"],
  ])("says to retries that another attempt does not help: %s", async (_what, thrown, cause) => {
    for (const onEventEnd of [
      () => {
        throw thrown;
      },
      () => Promise.reject(thrown),
    ]) {
      const { manager } = managerOf({ raiseErrors: true, onEventEnd });
      // oxlint-disable-next-line no-await-in-loop -- one way after the other
      const error = await manager.event("query", () => 1).catch((failure: unknown) => failure);
      expect(error).toMatchObject({ message: expect.stringContaining("no"), retryable: false });
      expect(cause === undefined ? error : (error as Error).cause).toBe(thrown);
    }
  });

  it("leaves retryable as the handler has set it, and the error of the work as it is", async () => {
    const own = Object.assign(new Error("own"), { retryable: true });
    const body = new Error("body");
    const { manager } = managerOf({
      raiseErrors: true,
      onEventEnd: ({ error }) => {
        throw error ?? own;
      },
    });
    await expect(manager.event("query", () => 1)).rejects.toBe(own);
    await expect(manager.event("query", () => Promise.reject(body))).rejects.toBe(body);
    expect([own.retryable, "retryable" in body]).toEqual([true, false]);
  });

  it("too late to be thrown is reported, and does not end the process", async () => {
    const { manager, failures } = managerOf({
      raiseErrors: true,
      onEventStart: () => Promise.reject(new Error("start")),
      onEventChunk: () => Promise.reject(new Error("chunk")),
    });
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    try {
      const event = manager.startEvent("llm");
      event.chunk("word");
      event.onEnd();
      await turn();
      expect(failures.map(({ error }) => String(error))).toEqual(["Error: start", "Error: chunk"]);
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off("unhandledRejection", unhandled);
    }
  });
});
