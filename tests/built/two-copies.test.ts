import { createRequire } from "node:module";
import { afterEach, describe, expect, it } from "vitest";
// The built packages, as ESM here and as CommonJS below: two copies of everything in them.
import * as debugging from "../../packages/async/dist/debug.js";
import * as async from "../../packages/async/dist/index.js";
import * as esm from "../../packages/callbacks/dist/index.js";
import * as embeddings from "../../packages/embeddings/dist/index.js";

const require = createRequire(import.meta.url);
const cjs = require("../../packages/callbacks/dist/index.cjs") as typeof esm;
const asyncCjs = require("../../packages/async/dist/index.cjs") as typeof async;
const embeddingsCjs = require("../../packages/embeddings/dist/index.cjs") as typeof embeddings;

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
    expect(() => manager.addHandler(debug)).toThrow(/already a global handler/);
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

  it("recognise each other's event types and errors", async () => {
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

describe("two copies of @llx/async in one process", () => {
  it("share limits", async () => {
    for (const workers of [new asyncCjs.Semaphore(2), new asyncCjs.AdaptiveLimiter({ initial: 2, max: 2 })]) {
      let running = 0;
      let most = 0;
      const job = async (item: number): Promise<number> => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        return item;
      };
      const [mine, theirs] = await Promise.all([
        async.mapJobs([1, 2, 3], job, { workers }),
        asyncCjs.mapJobs([4, 5, 6], job, { workers }),
      ]);
      expect([mine, theirs, most]).toEqual([[1, 2, 3], [4, 5, 6], 2]);
    }
    const rate = new asyncCjs.RateLimiter({ requests: { limit: 2, interval: 60_000 } });
    await async.mapJobs([1, 2], () => {}, { rate });
    expect(rate.tryAcquire()).toBeUndefined();
  });

  it("name the jobs of each other in what debugging shows", async () => {
    debugging.enableInspection();
    const gate = Promise.withResolvers<void>();
    const runs = [async, asyncCjs].map(({ mapJobs }, copy) => {
      const workers = new asyncCjs.Semaphore(1, { label: `of copy ${copy}` });
      return mapJobs([0, 1], () => gate.promise, { workers });
    });
    await Promise.resolve();
    const { semaphores } = debugging.inspectJobs();
    gate.resolve();
    await Promise.all(runs);
    const where = semaphores.map(({ holders, waiters }) =>
      [...holders, ...waiters].map((each) => each.where),
    );
    expect(where).toEqual([
      ["job 0", "job 1"],
      ["job 0", "job 1"],
    ]);
  });

  it("recognise each other's errors, and nothing else", () => {
    const errors = [
      [async.DeadlockError, new asyncCjs.DeadlockError([], [])],
      [async.RetryAfterError, new asyncCjs.RetryAfterError(1, 2, undefined)],
    ] as const;
    for (const [kind, error] of errors) {
      expect(error).toBeInstanceOf(kind);
      expect(new Error("other")).not.toBeInstanceOf(kind);
      expect(errors.filter(([, other]) => other instanceof kind)).toHaveLength(1);
    }
  });

  it("keep the native instanceof of subclasses", () => {
    class Own extends async.Semaphore {}
    expect(new Own(1)).toBeInstanceOf(Own);
    expect(new Own(1)).toBeInstanceOf(asyncCjs.Semaphore);
    expect(new async.Semaphore(1)).not.toBeInstanceOf(Own);
  });
});

describe("two copies of @llx/embeddings in one process", () => {
  it("recognise each other's errors", async () => {
    const model = embeddingsCjs.createEmbeddingModel({
      provider: "fake",
      model: "none",
      limits: { inputs: 1 },
      embed: async () => ({ embeddings: undefined }),
    });
    const error: unknown = await model.getTextEmbeddingBatch(["a"]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(embeddings.EmbeddingBatchError);
    expect((error as Error).cause).toBeInstanceOf(embeddings.EmbeddingResponseError);
    expect((error as Error).cause).not.toBeInstanceOf(embeddings.EmbeddingBatchError);
  });
});
