import { afterEach, beforeEach, expect, it, vi } from "vitest";

const stateKey = Symbol.for("@llx/callbacks/1");
const shared = globalThis as Record<symbol, unknown>;
let before: unknown;

beforeEach(() => {
  before = shared[stateKey];
  delete shared[stateKey];
  vi.resetModules();
});

afterEach(() => {
  shared[stateKey] = before;
});

it("keeps a tool's handler when the program sets and removes its own", async () => {
  const { CallbackManager, setGlobalHandlers } = await import("../index.ts");
  const { installHandler } = await import("../diagnostics.ts");
  const seen: string[] = [];
  const manager = new CallbackManager();
  installHandler({ onEventStart: ({ type }) => void seen.push(`tool ${type}`) });
  await manager.event("query", () => {});
  setGlobalHandlers([{ onEventStart: ({ type }) => void seen.push(`own ${type}`) }]);
  await manager.event("retrieve", () => {});
  setGlobalHandlers([]);
  await manager.event("tree", () => {});
  expect(seen).toEqual(["tool query", "own retrieve", "tool retrieve", "tool tree"]);
});

it("refuses what is no handler", async () => {
  const { installHandler } = await import("../diagnostics.ts");
  expect(() => installHandler("print" as never)).toThrow(
    "handlers[0] must be an object with some of the methods",
  );
});
