import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type * as Callbacks from "../index.ts";

/** The package as a program loads it with this value of the variable. */
async function load(value: string | undefined): Promise<typeof Callbacks> {
  vi.stubEnv("LLX_TRACE", value);
  return import("../index.ts");
}

const stateKey = Symbol.for("@llx/callbacks/1");
const shared = globalThis as Record<symbol, unknown>;
let before: unknown;
let written: string;

beforeEach(() => {
  before = shared[stateKey];
  delete shared[stateKey];
  vi.resetModules();
  written = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written += String(text);
    return true;
  });
  vi.spyOn(performance, "now").mockReturnValue(0);
});

afterEach(() => {
  shared[stateKey] = before;
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("LLX_TRACE", () => {
  it("print: every manager prints to stderr, from the first event on", async () => {
    const { CallbackManager, setGlobalHandlers, traced } = await load("print");
    const manager = new CallbackManager();
    await manager.event("query", { content: { query: "secret" } }, () => {});
    setGlobalHandlers([]);
    await traced("retrieve", async () => {})();
    await manager.flush();
    expect(written).toBe("> query\n< query 0 µs\n> retrieve\n< retrieve 0 µs\n");
    await manager.event("tree", () => {});
    expect(written).toMatch(/> tree\n< tree 0 µs\n$/);
  });

  it("print-full: with texts", async () => {
    const { CallbackManager } = await load("print-full");
    const manager = new CallbackManager();
    await manager.event("query", { content: { query: "Who?" } }, () => {});
    await manager.flush();
    expect(written).toBe("> query\n  | query: Who?\n< query 0 µs\n");
  });

  it("debug: each trace is printed, and events left open", async () => {
    const { CallbackManager } = await load("debug");
    const manager = new CallbackManager();
    await manager.event("query", () => void manager.startEvent("tree"));
    await manager.flush();
    expect(written).toContain("trace query");
    expect(written).toContain("tree is still open at the end of the trace query");
  });

  it("reaches traced functions without any manager", async () => {
    const { currentCallbackManager, traced } = await load("print");
    await traced("query", async () => {})();
    await currentCallbackManager()!.flush();
    expect(written).toBe("> query\n< query 0 µs\n");
  });

  it("adds nothing if it is unset, empty or cannot be read", async () => {
    for (const value of [undefined, ""]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const { currentCallbackManager } = await load(value);
      expect(currentCallbackManager()).toBeUndefined();
      delete shared[stateKey];
      vi.resetModules();
    }
    const { currentCallbackManager } = await load("print");
    const process = globalThis.process;
    vi.stubGlobal("process", {
      get env(): never {
        throw new Error("NotCapable");
      },
    });
    expect(currentCallbackManager()).toBeUndefined();
    vi.stubGlobal("process", process);
  });

  it("adds nothing where there is no process", async () => {
    const { CallbackManager, currentCallbackManager } = await load("print");
    vi.stubGlobal("process", undefined);
    expect(currentCallbackManager()).toBeUndefined();
    expect(await new CallbackManager().event("query", () => 5)).toBe(5);
    vi.unstubAllGlobals();
  });

  it("warns of a value that it does not know", async () => {
    const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const { CallbackManager } = await load("verbose");
    expect(new CallbackManager().handlers).toEqual([]);
    expect(new CallbackManager().handlers).toEqual([]);
    expect(emitWarning).toHaveBeenCalledOnce();
    expect(emitWarning.mock.calls[0]![0]).toBe(
      "LLX_TRACE=verbose traces nothing: it may be print, print-full, debug",
    );
  });
});
