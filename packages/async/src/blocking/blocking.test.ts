import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { MessageChannel } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { blockingContext, runBlocking } from "../blocking.ts";
import { mapJobs } from "../index.ts";
import { State } from "./blocking-messages.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-blocking-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

afterEach(() => vi.restoreAllMocks());

let modules = 0;

/** The URL of a new module. */
function moduleOf(source: string, extension = "mjs"): string {
  const path = join(folder, `module-${modules++}.${extension}`);
  writeFileSync(path, source);
  return pathToFileURL(path).href;
}

/** What a call throws. */
function thrownBy(call: () => unknown): Error & Record<string, unknown> {
  try {
    call();
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  return expect.fail("it threw nothing");
}

describe("a function of a module", () => {
  it("is awaited, and its value returned", () => {
    const url = moduleOf(`
      import { setImmediate } from "node:timers/promises";
      export const add = async (a, b) => (await setImmediate(), a + b);
      export default () => "at once";
      export const nothing = async () => {};
    `);
    expect(runBlocking(url, "add", [2, 3])).toBe(5);
    expect(runBlocking(new URL(url), "default", [])).toBe("at once");
    expect(runBlocking(url, "nothing", [])).toBeUndefined();
  });

  it("receives and returns clones", () => {
    const url = moduleOf(`export const echo = async (...all) => all;`);
    const map = new Map([["key", new Set([1n])]]);
    const args = [map, Float32Array.of(0.5), new Date(0), undefined, { deep: [map] }];
    const [first, ...rest] = runBlocking(url, "echo", args) as unknown[];
    expect([first, ...rest]).toEqual(args);
    expect(first).not.toBe(map);
    expect((rest[3] as (typeof args)[4] & { deep: unknown[] }).deep[0]).toBe(first);
  });

  it("may be in TypeScript (stripped by Node), in CommonJS, in Node itself, or in a data: URL", () => {
    const typed = moduleOf(`export async function twice(n: number): Promise<number> { return n * 2; }`, "ts");
    expect(runBlocking(typed, "twice", [4])).toBe(8);
    const common = moduleOf(
      `const all = { hidden: async () => "not known by name" };
       exports.known = async () => "known by name";
       Object.assign(module.exports, all);`,
      "cjs",
    );
    expect(runBlocking(common, "known", [])).toBe("known by name");
    expect(runBlocking(common, "hidden", [])).toBe("not known by name");
    expect(runBlocking("node:path/posix", "join", ["a", "b"])).toBe("a/b");
    expect(runBlocking("data:text/javascript,export const one = () => 1", "one", [])).toBe(1);
  });

  it("may be given by an absolute path", () => {
    const path = join(folder, "with space # and %.mjs");
    writeFileSync(path, "export const url = async () => import.meta.url;");
    expect(runBlocking(path, "url", [])).toBe(pathToFileURL(path).href);
  });

  it("finds the thread as the last call left it, and the current environment", () => {
    const url = moduleOf(`
      let count = 0;
      export const next = async () => [++count, process.env.LLX_BLOCKING_TEST];
    `);
    expect(runBlocking(url, "next", [])).toEqual([1, undefined]);
    try {
      process.env["LLX_BLOCKING_TEST"] = "set later";
      expect(runBlocking(url, "next", [])).toEqual([2, "set later"]);
    } finally {
      delete process.env["LLX_BLOCKING_TEST"];
    }
  });

  it("blocks the event loop of the caller while its own event loop runs", async () => {
    const url = moduleOf(`
      import { setImmediate } from "node:timers/promises";
      export async function turnsOfCaller(shared) {
        // One turn of its own loop would do; a caller that is not blocked makes some in the time of a hundred.
        for (let turn = 0; turn < 100; turn++) await setImmediate();
        return Atomics.load(shared, 0);
      }
    `);
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const turned = new Promise<void>((resolve) => {
      setImmediate(() => {
        Atomics.add(shared, 0, 1);
        resolve();
      });
    });
    expect(runBlocking(url, "turnsOfCaller", [shared])).toBe(0);
    await turned;
    expect(shared[0]).toBe(1);
  });

  it("has no context if none was passed, and there is none outside a call", () => {
    const url = moduleOf(`
      export const run = async () => globalThis[Symbol.for("@llx/async/blocking/1")].getStore();
    `);
    expect(runBlocking(url, "run", [])).toMatchObject({ context: undefined });
    expect(runBlocking(url, "run", [], { context: { tenant: "a" } })).toMatchObject({
      context: { tenant: "a" },
      chain: [{ module: url, name: "run" }],
    });
    expect(blockingContext()).toBeUndefined();
  });
});

describe("an error", () => {
  it("is thrown here with its class, message, cause, properties, and the stacks of both threads", () => {
    const url = moduleOf(`
      class QueryError extends TypeError {
        constructor(message, options) {
          super(message, options);
          this.table = "texts";
        }
      }
      export async function query(text) {
        throw new QueryError("no column " + text, { cause: new RangeError("of 3") });
      }
    `);
    function caller(): void {
      runBlocking(url, "query", ["four"]);
    }
    const error = thrownBy(caller);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ name: "QueryError", message: "no column four", table: "texts" });
    expect(error.cause).toBeInstanceOf(RangeError);
    expect((error.cause as Error).message).toBe("of 3");
    const frames = error.stack!.split("\n").map((frame) => frame.trim());
    expect(frames[0]).toContain("no column four");
    expect(frames[1]).toMatch(new RegExp(`^at query \\(${url}:9:15\\)$`));
    const border = frames.indexOf(`at runBlocking (query of ${url}, on another thread)`);
    expect(border).toBeGreaterThan(1);
    expect(frames[border + 1]).toMatch(/^at caller \(.*blocking\.test\.ts:\d+:\d+\)$/);
  });

  it.each([undefined, null, "text", 7, { status: 503 }])("may be anything: %o", (thrown) => {
    const url = moduleOf(`export const fail = (value) => Promise.reject(value);`);
    expect(thrownBy(() => runBlocking(url, "fail", [thrown]))).toEqual(thrown);
  });

  it("leaves the thread as it was", () => {
    const url = moduleOf(`
      let count = 0;
      export const fail = () => { throw new Error("at once " + ++count); };
    `);
    expect(thrownBy(() => runBlocking(url, "fail", [])).message).toBe("at once 1");
    expect(thrownBy(() => runBlocking(url, "fail", [])).message).toBe("at once 2");
  });
});

describe("what cannot be cloned", () => {
  const url = "node:path/posix";

  it("is named by its index among the arguments", () => {
    const error = thrownBy(() => runBlocking(url, "join", ["a", { callback: () => 1 }]));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(
      "args[1] cannot be cloned for another thread: () => 1 could not be cloned. " +
        "Pass plain data: this thread is blocked until the function ends, and cannot be called back",
    );
    expect(error.cause).toMatchObject({ name: "DataCloneError" });
  });

  it.each<[string, () => unknown]>([
    ["a function of the caller", () => () => {}],
    ["a port that the caller would have to answer", () => new MessageChannel().port1],
    ["a promise", () => Promise.resolve(1)],
  ])("may be %s", (_what, value) => {
    expect(thrownBy(() => runBlocking(url, "join", [value()])).message).toMatch(
      /^args\[0\] cannot be cloned for another thread: .* cannot be called back$/,
    );
  });

  it("is named by its key in the context", () => {
    const error = thrownBy(() =>
      runBlocking(url, "join", ["a"], { context: { a: 1, logger: { log() {} } } }),
    );
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/^context\.logger cannot be cloned for another thread: /);
  });

  it("is named as the result", () => {
    const source = moduleOf(`export const make = async () => ({ run() {} });`);
    const error = thrownBy(() => runBlocking(source, "make", []));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(
      `the result of make of ${source} cannot be cloned for the calling thread: ` +
        "run() {} could not be cloned. Return plain data",
    );
    expect(error.cause).toMatchObject({ name: "DataCloneError" });
  });

  it("leaves the thread for the next call", () => {
    const source = moduleOf(`
      let count = 0;
      export const next = async () => ++count;
      export const bad = async () => () => {};
    `);
    expect(runBlocking(source, "next", [])).toBe(1);
    thrownBy(() => runBlocking(source, "next", [() => {}]));
    thrownBy(() => runBlocking(source, "bad", []));
    expect(runBlocking(source, "next", [])).toBe(2);
  });
});

describe("a missing module or export", () => {
  it("is an error that lists the exports of the module", () => {
    const url = moduleOf(`export const load = () => {}; export const version = 3; export default {};`);
    const error = thrownBy(() => runBlocking(url, "lode", []));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(`lode of ${url} is not exported; the module exports default, load, version`);
    expect(thrownBy(() => runBlocking(url, "version", [])).message).toBe(
      `version of ${url} is not a function, but number; the module exports default, load, version`,
    );
    expect(thrownBy(() => runBlocking(url, "toString", [])).message).toContain("is not exported");
    expect(thrownBy(() => runBlocking(moduleOf(""), "load", [])).message).toMatch(
      /the module exports nothing$/,
    );
  });

  it("is an error that names the module", () => {
    const url = pathToFileURL(join(folder, "nowhere.mjs")).href;
    const error = thrownBy(() => runBlocking(url, "load", []));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(`load of ${url} cannot be run: the module does not exist`);
    expect(error.cause).toMatchObject({ code: "ERR_MODULE_NOT_FOUND" });
  });

  it("is an error for a module that fails to load, or whose imports fail", () => {
    const imports = moduleOf(`import "./nowhere.mjs"; export const load = () => {};`);
    expect(thrownBy(() => runBlocking(imports, "load", [])).message).toMatch(
      /^load of file:.* cannot be run: its module could not be loaded: Cannot find module '.*nowhere\.mjs'/,
    );
    const throws = moduleOf(`throw new RangeError("no configuration");`);
    const error = thrownBy(() => runBlocking(throws, "load", []));
    expect(error.message).toBe(
      `load of ${throws} cannot be run: its module could not be loaded: no configuration`,
    );
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(thrownBy(() => runBlocking(moduleOf("export const = 1"), "load", [])).cause).toBeInstanceOf(
      SyntaxError,
    );
    expect(thrownBy(() => runBlocking(moduleOf("throw undefined"), "load", [])).message).toMatch(
      /: undefined$/,
    );
  });
});

describe("a time-out", () => {
  it("terminates the thread, even one that never yields, and the next call gets a new one", async () => {
    const url = moduleOf(`
      let count = 0;
      export const next = async () => ++count;
      export const spin = (shared) => { for (;;) Atomics.add(shared, 0, 1); };
    `);
    const shared = new Int32Array(new SharedArrayBuffer(4));
    expect(runBlocking(url, "next", [])).toBe(1);
    const error = thrownBy(() => runBlocking(url, "spin", [shared], { timeout: 200 }));
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toMatchObject({
      name: "TimeoutError",
      message: `spin of ${url} did not end within 200 ms; its thread was terminated`,
    });
    expect(runBlocking(url, "next", [])).toBe(1);
    // Running, it would count many thousand between two looks.
    let last = -1;
    await vi.waitFor(() => {
      const before = last;
      last = Atomics.load(shared, 0);
      expect(last).toBe(before);
    });
  });

  it("has no effect if it is not reached or not set", () => {
    expect(runBlocking("node:path/posix", "join", ["a"], { timeout: 60_000 })).toBe("a");
    expect(runBlocking("node:path/posix", "join", ["a"], { timeout: Number.POSITIVE_INFINITY })).toBe("a");
  });
});

describe("a function that cannot end", () => {
  it("is given up when nothing is left that it could wait for, and the thread is kept", () => {
    const url = moduleOf(`
      let count = 0;
      let settle;
      export const forget = () => new Promise((resolve) => (settle = resolve));
      export const next = async () => (settle?.("late"), ++count);
    `);
    expect(runBlocking(url, "next", [])).toBe(1);
    const error = thrownBy(() => runBlocking(url, "forget", []));
    expect(error.message).toBe(
      `forget of ${url} can never end: nothing is left on its thread that it could wait for, and the calling thread is blocked`,
    );
    // The function that was given up ends after all; its response is not that of this call.
    expect(runBlocking(url, "next", [])).toBe(2);
    expect(runBlocking(url, "next", [])).toBe(3);
  });

  it("is given up when its module never finishes loading", () => {
    const url = moduleOf(`await new Promise(() => {}); export const load = () => {};`);
    expect(thrownBy(() => runBlocking(url, "load", [])).message).toContain(
      "can never end: nothing is left on its thread",
    );
  });

  it("is an error with the exit code when its thread exits", () => {
    const url = moduleOf(`export const leave = () => process.exit(3); export const one = () => 1;`);
    expect(thrownBy(() => runBlocking(url, "leave", [])).message).toBe(
      `the thread of leave of ${url} ended before the call, with exit code 3`,
    );
    expect(runBlocking(url, "one", [])).toBe(1);
  });

  it("is an error whose cause is an uncaught error on its thread, and emits no warning", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const url = moduleOf(`
      export const fail = () => new Promise(() => setImmediate(() => { throw new RangeError("unseen"); }));
      export const reject = () => new Promise(() => void Promise.reject(new RangeError("unseen")));
      export const one = () => 1;
    `);
    for (const name of ["fail", "reject"]) {
      const error = thrownBy(() => runBlocking(url, name, []));
      expect(error.message).toBe(
        `the thread of ${name} of ${url} ended before the call, by an uncaught error: RangeError: unseen`,
      );
      expect(error.cause).toBeInstanceOf(RangeError);
      expect(runBlocking(url, "one", [])).toBe(1);
    }
    // The error event of a terminated thread comes within a turn or two; 20 leave a margin, and cost nothing.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(warn.mock.calls).toEqual([]);
  });
});

describe("a function that harms its thread", () => {
  const cases: readonly (readonly [what: string, source: string, outcome: string | RegExp])[] = [
    ["exits with code 0", `() => process.exit(0)`, /ended before the call, with exit code 0$/],
    [
      "exits while it waits",
      `() => new Promise(() => setTimeout(() => process.exit(7), 1))`,
      /ended before the call, with exit code 7$/,
    ],
    [
      "exits after an uncaught error that it swallowed",
      `() => {
        process.on("uncaughtException", () => setImmediate(() => process.exit(9)));
        return new Promise(() => setImmediate(() => { throw new Error("swallowed"); }));
      }`,
      /ended before the call, (with exit code 9|by an uncaught error: Error: swallowed)$/,
    ],
    [
      "throws as it exits",
      `() => { process.on("exit", () => { throw new Error("late"); }); process.exit(2); }`,
      /^the thread of/,
    ],
    [
      "leaves a value uncaught that has no class",
      `() => new Promise(() => setImmediate(() => { throw Object.create(null); }))`,
      /ended before the call, by an uncaught error/,
    ],
    [
      "leaves a rejection with a proxy that refuses to be read",
      `() => new Promise(() => { Promise.reject(new Proxy({}, { get() { throw 1; } })); setInterval(() => {}, 9); })`,
      /ended before the call, by an uncaught error/,
    ],
    ["overflows the stack", `function f() { return f(); }`, /^Maximum call stack size exceeded$/],
    ["aborts the process", `() => process.abort()`, /not supported in workers/],
    [
      "closes the port of its thread",
      `async () => { (await import("node:worker_threads")).parentPort.close(); return "closed"; }`,
      "closed",
    ],
    [
      "removes all listeners, and takes what its thread receives",
      `async () => {
        const { parentPort } = await import("node:worker_threads");
        parentPort.removeAllListeners();
        parentPort.on("message", () => {});
        return "removed";
      }`,
      "removed",
    ],
  ];

  it.each(cases)("and %s fails alone: the next call works", (_what, source, outcome) => {
    const url = moduleOf(`export const harm = ${source}; export const one = async () => 1;`);
    const call = (): unknown => runBlocking(url, "harm", [], { timeout: 20_000 });
    if (typeof outcome === "string") expect(call()).toBe(outcome);
    else expect(thrownBy(call).message).toMatch(outcome);
    expect(runBlocking(url, "one", [], { timeout: 20_000 })).toBe(1);
  });

  it.each([
    [
      "a proxy that refuses to be read",
      `new Proxy({}, { get() { throw 1; }, has() { throw 2; }, getPrototypeOf() { throw 3; } })`,
    ],
    [
      "an error whose message throws",
      `Object.defineProperty(new Error("x"), "message", { get() { throw 1; } })`,
    ],
    [
      "an error whose name is an object that is no text",
      `Object.assign(new Error("x"), { name: { toString() { throw 1; } } })`,
    ],
    ["what is nested too deeply", `Array.from({ length: 200_000 }).reduce((inner) => ({ inner }), {})`],
    ["a function", `() => {}`],
  ])("and throws %s: something is thrown here, and its thread stays", (_what, thrown) => {
    const url = moduleOf(`
      export const harm = () => { globalThis.isSame = true; throw ${thrown}; };
      export const stays = () => globalThis.isSame;
    `);
    let result: unknown = "nothing thrown";
    try {
      runBlocking(url, "harm", [], { timeout: 20_000 });
    } catch (error) {
      result = error;
    }
    expect(result).not.toBe("nothing thrown");
    expect(runBlocking(url, "stays", [], { timeout: 20_000 })).toBe(true);
  });

  it("fails its own job: the others of the run succeed", async () => {
    const url = moduleOf(`
      export const work = async (n) => (n === 1 ? process.exit(3) : n === 2 ? Promise.reject(new RangeError("of 2")) : n);
    `);
    const outcomes = await mapJobs([0, 1, 2, 3], async (n) => runBlocking(url, "work", [n]), {
      settle: true,
    });
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: 0 },
      {
        status: "rejected",
        reason: { message: `the thread of work of ${url} ended before the call, with exit code 3` },
      },
      { status: "rejected", reason: { name: "RangeError", message: "of 2" } },
      { status: "fulfilled", value: 3 },
    ]);
  });
});

describe("work that a function leaves running", () => {
  it("may fail, which emits a warning", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const url = moduleOf(`
      export const leave = async () => void setImmediate(() => { throw new Error("left behind"); });
    `);
    runBlocking(url, "leave", []);
    await vi.waitFor(() => expect(warn).toHaveBeenCalled());
    expect(warn.mock.calls).toEqual([
      [
        "abandoned work has failed: on the thread of runBlocking: Error: left behind",
        { type: "AbandonedFailed", code: "LLX_ABANDONED_FAILED" },
      ],
    ]);
  });

  it("may end the thread once the next call has arrived, which then gets a new one", () => {
    const url = moduleOf(`
      import { workerData } from "node:worker_threads";
      export const leave = async () => void setImmediate(() => {
        while (Atomics.load(workerData.state, 0) !== ${State.busy});
        process.exit();
      });
      export const one = async () => 1;
    `);
    runBlocking(url, "leave", []);
    expect(runBlocking(url, "one", [])).toBe(1);
  });

  // Each round may start a thread, which takes long on a busy machine.
  it("may end the thread, and the next call gets a new one", { timeout: 60_000 }, () => {
    const url = moduleOf(`
      export const leave = async (at) => (setImmediate(() => process.exit()), at);
    `);
    // A race that either side may win: 30 rounds show both.
    for (let at = 0; at < 30; at++) expect(runBlocking(url, "leave", [at])).toBe(at);
  });
});

describe("invalid arguments", () => {
  it.each(["./load.js", "load.js", "load", "https://example.com/load.js", ""])("a module at %o", (url) => {
    const error = thrownBy(() => runBlocking(url, "load", []));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain('use new URL("./x.js", import.meta.url)');
    expect(error.message).toContain(JSON.stringify(url));
  });

  it.each<[string, unknown[], string]>([
    ["moduleUrl", [7, "load", []], "moduleUrl must be a URL or a string, not number 7"],
    [
      "exportName",
      ["node:path", () => {}, []],
      "exportName must be a string, the name of an exported function",
    ],
    ["args", ["node:path", "join", "a"], 'args must be an array of arguments, not the string "a"'],
    ["args", ["node:path", "join"], "args must be an array of arguments, not undefined"],
    ["options", ["node:path", "join", [], null], "options must be an object, not null"],
    ["timeout", ["node:path", "join", [], { timeout: 0 }], "timeout must be more than 0 milliseconds"],
    ["timeout", ["node:path", "join", [], { timeout: "1s" }], "timeout must be a number of milliseconds"],
    [
      "context",
      ["node:path", "join", [], { context: "tenant" }],
      "context must be an object, not the string",
    ],
  ])("%s", (_name, args, message) => {
    const error = thrownBy(() => Reflect.apply(runBlocking, undefined, args));
    expect(error.message).toContain(message);
    expect([TypeError, RangeError]).toContain(error.constructor);
  });
});
