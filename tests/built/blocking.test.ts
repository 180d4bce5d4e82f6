import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as esm from "../../packages/async/dist/blocking.js";
import { CallbackManager, DebugHandler, type DebugSnapshot } from "../../packages/callbacks/dist/index.js";

const dist = resolve("packages/async/dist");
const require = createRequire(import.meta.url);
const cjs = require("../../packages/async/dist/blocking.cjs") as typeof esm;
const url = new URL("./fixtures/blocking.mjs", import.meta.url);
const program = fileURLToPath(new URL("./fixtures/blocking-program.mjs", import.meta.url));

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-blocking-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs Node to its end. */
function run(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(resolve("node_modules/.bin/node"), args, {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] },
    maxBuffer: 1e8,
  });
  return { code: status, stdout, stderr };
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

describe.each([
  ["ESM", esm],
  ["CommonJS", cjs],
])("runBlocking as %s", (_format, { runBlocking }) => {
  it("returns the value, and throws the error with the stacks of both threads", () => {
    expect(runBlocking(url, "greet", ["you"])).toBe("hello you");
    const error = thrownBy(() => runBlocking(url, "fail", []));
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: "too far", limit: 3 });
    expect(error.stack).toMatch(
      /at fail \(file:.*\n(.*\n)*? +at runBlocking \(fail of file:.*, on another thread\)\n.*blocking\.test\.ts/,
    );
  });

  it("passes the context on, also to nested runs", () => {
    const context = { tenant: "acme", limits: new Map([["texts", 3]]) };
    expect(runBlocking(url, "readContext", [])).toBeUndefined();
    expect(runBlocking(url, "readContext", [], { context })).toEqual(context);
    expect(runBlocking(url, "readContextBelow", [], { context })).toEqual(context);
    expect(runBlocking(url, "readContextBelow", [{ context: { tenant: "other" } }], { context })).toEqual({
      tenant: "other",
    });
  });

  it("passes the context to CommonJS, which has its own copy of the package", () => {
    const common = join(folder, "common.cjs");
    writeFileSync(
      common,
      `const { blockingContext } = require(${JSON.stringify(join(dist, "blocking.cjs"))});
       exports.readContext = async () => blockingContext();`,
    );
    expect(runBlocking(common, "readContext", [], { context: { tenant: "acme" } })).toEqual({
      tenant: "acme",
    });
  });

  it.each(["traced", "tracedBelow"])("passes the trace on (%s)", async (name) => {
    const debug = new DebugHandler();
    const manager = new CallbackManager({ handlers: [debug] });
    await manager.asTrace("over all", () =>
      manager.event("query", () => debug.merge(runBlocking(url, name, []) as DebugSnapshot)),
    );
    const { events } = debug.toJSON();
    const of = (type: string) => events.find((event) => event.type === type)!;
    expect(events).toHaveLength(3);
    expect(of("synthesize").parentId).toBe(of("query").id);
    expect(of("embedding").parentId).toBe(of("synthesize").id);
    expect(new Set(events.map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(events.map(({ traceName }) => traceName))).toEqual(new Set(["over all"]));
  });

  it("can be nested, with a thread for each call", () => {
    expect(runBlocking(url, "greetFromBelow", ["you"])).toBe("hello you");
    const error = thrownBy(() => runBlocking(url, "failBelow", []));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.stack?.match(/at runBlocking \(\w+ of file:/g)).toEqual([
      "at runBlocking (fail of file:",
      "at runBlocking (failBelow of file:",
    ]);
  });

  it("refuses a run that waits for itself, and names what to use instead", () => {
    expect(thrownBy(() => runBlocking(url, "recurse", [])).message).toBe(
      `recurse of ${url.href} is already running and waits for this call, which would start it again: neither could ` +
        "ever end. Await the function itself there, or start it with asyncRun: runBlocking is for callers that cannot " +
        `await. Running: recurse of ${url.href}`,
    );
    expect(thrownBy(() => runBlocking(url, "ping", [])).message).toMatch(
      /^ping of .* Running: ping of file:[^ ]*, which waits for pong of file:[^ ]*$/,
    );
  });

  it("ends all threads below after a time-out", async () => {
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const error = thrownBy(() => runBlocking(url, "spinBelow", [shared], { timeout: 1_000 }));
    expect(error).toMatchObject({ name: "TimeoutError" });
    expect(thrownBy(() => runBlocking(url, "idle", [], { timeout: 200 }))).toMatchObject({
      name: "TimeoutError",
    });
    // Running, it would count many thousand between two looks.
    let last = -1;
    await vi.waitFor(() => {
      const before = last;
      last = Atomics.load(shared, 0);
      expect(last).toBe(before);
    });
  });
});

describe("a process that has run something", () => {
  it("exits by itself", () => {
    expect(run([program, "exits"])).toEqual({ code: 0, stdout: "hello you\nhello you two\n", stderr: "" });
  });

  it("exits by itself even if the function has left something running", () => {
    expect(run([program, "exitsThoughBusy"])).toEqual({
      code: 0,
      stdout: "left a timer behind\n",
      stderr: "",
    });
  });

  it("has printed all that the function printed, in order", () => {
    const { code, stdout, stderr } = run([program, "prints"]);
    const lines = Array.from({ length: 20_000 }, (_, at) => `${at + 1} ${"x".repeat(100)}`);
    expect(stdout.split("\n")).toEqual(["before", ...lines, "after", ""]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "printed\n" });
  });

  it("is notified when the thread has run out of memory, and continues", () => {
    const { code, stdout, stderr } = run(["--max-old-space-size=40", program, "fillsUp"]);
    expect(stdout).toBe(
      `the thread of fill of ${url.href} died: it may have run out of memory; ` +
        "a warning with the cause follows when this thread continues\nhello again\n",
    );
    expect(stderr).toContain("AbandonedFailed: abandoned work has failed: on the thread of runBlocking");
    expect(stderr).toContain("memory limit");
    expect(code).toBe(0);
  });

  it("may be a program from the command line", () => {
    const code = `
      import { runBlocking } from ${JSON.stringify(join(dist, "blocking.js"))};
      console.log(runBlocking(${JSON.stringify(url.href)}, "greet", ["you"]));
    `;
    expect(run(["--input-type=module", "--eval", code])).toEqual({
      code: 0,
      stdout: "hello you\n",
      stderr: "",
    });
  });
});

it("says what is missing if a bundler has omitted the thread's program", () => {
  const bundled = join(folder, "bundled");
  cpSync(dist, bundled, { recursive: true, filter: (path) => !path.includes("blocking-worker") });
  symlinkSync(resolve("packages/async/node_modules"), join(bundled, "node_modules"));
  const code = `
    import { runBlocking } from ${JSON.stringify(join(bundled, "blocking.js"))};
    runBlocking(${JSON.stringify(url.href)}, "greet", ["you"]);
  `;
  const { stderr } = run(["--input-type=module", "--eval", code]);
  expect(stderr).toMatch(
    /Error: the thread of greet of .* died: its program is missing: your bundler must also copy file:.*\/blocking-worker\.js/,
  );
});
