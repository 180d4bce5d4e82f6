import { createRequire } from "node:module";
import { afterEach, describe, expect, it } from "vitest";
// The built package, as ESM here and as CommonJS below: two copies of everything in it.
import * as esm from "../../packages/callbacks/dist/index.js";

const cjs = createRequire(import.meta.url)("../../packages/callbacks/dist/index.cjs") as typeof esm;

afterEach(() => esm.setGlobalHandlers([]));

describe("two copies of @llx/callbacks in one process", () => {
  it("are two", () => {
    expect(cjs.CallbackManager).not.toBe(esm.CallbackManager);
  });

  it("share global handlers", async () => {
    const debug = new esm.DebugHandler();
    cjs.setGlobalHandlers([debug]);
    await new esm.CallbackManager().event("query", () => {});
    await new cjs.CallbackManager().event("retrieve", () => {});
    expect(debug.getEventPairs().map(([{ type }]) => type)).toEqual(["query", "retrieve"]);
    const manager = new esm.CallbackManager();
    expect(() => manager.addHandler(debug)).toThrow(/global handler already/);
    expect(esm.currentCallbackManager()).toBe(cjs.currentCallbackManager());
  });

  it("share the current trace, the stack and the manager", async () => {
    const debug = new cjs.DebugHandler();
    const manager = new esm.CallbackManager({ handlers: [debug] });
    await manager.asTrace("shared", () =>
      manager.event("query", async (query) => {
        expect(cjs.currentTrace()).toEqual(esm.currentTrace());
        expect(cjs.currentTrace()?.stack).toEqual([query.id]);
        expect(cjs.serializeTrace()).toEqual(esm.serializeTrace());
        expect(cjs.currentCallbackManager()).toBe(manager);
        await cjs.traced("retrieve", () => {})();
      }),
    );
    const [query, retrieve] = debug.getEventPairs().map(([start]) => start);
    expect(retrieve).toMatchObject({ type: "retrieve", parentId: query!.id, traceId: query!.traceId });
  });

  it("join one trace with managers of both, and record an error once", async () => {
    const [a, b] = [new esm.DebugHandler(), new cjs.DebugHandler()];
    const outer = new esm.CallbackManager({ handlers: [a] });
    const inner = new cjs.CallbackManager({ handlers: [b] });
    const error = new Error("deep");
    const work = outer.event("query", () => inner.event("retrieve", () => Promise.reject(error)));
    await expect(work).rejects.toBe(error);
    const [, query] = a.getEventPairs()[0]!;
    const [, retrieve] = b.getEventPairs()[0]!;
    expect(retrieve).toMatchObject({ parentId: query.id, traceId: query.traceId, error });
    expect(query).toMatchObject({ status: "error", error: undefined, errorEventId: retrieve.id });
  });

  it("know each other's event types and errors", async () => {
    esm.defineEventType("two_copies_leaf" as "query", { leaf: true });
    const debug = new cjs.DebugHandler();
    const manager = new cjs.CallbackManager({ handlers: [debug] });
    await manager.event("query", () =>
      manager.event("two_copies_leaf" as "query", () => manager.event("tree", () => {})),
    );
    const [query, , tree] = debug.getEventPairs().map(([start]) => start);
    expect(tree!.parentId).toBe(query!.id);
    expect(new cjs.TokenBudgetError(1, 2)).toBeInstanceOf(esm.TokenBudgetError);
    expect(new Error("other")).not.toBeInstanceOf(esm.TokenBudgetError);
  });
});
