import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
// The built packages, as ESM here and as CommonJS below: two copies of everything in them.
import * as debugging from "../../packages/async/dist/debug.js";
import * as async from "../../packages/async/dist/index.js";
import * as esm from "../../packages/callbacks/dist/index.js";
import * as embeddings from "../../packages/embeddings/dist/index.js";
import * as fakes from "../../packages/embeddings/dist/testing.js";
import * as http from "../../packages/http/dist/index.js";

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
      [async.InputsError, new asyncCjs.InputsError(undefined, [])],
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

/** As npm installs a second version: all packages in another folder. */
interface Elsewhere {
  readonly callbacks: typeof esm;
  readonly async: typeof async;
  readonly embeddings: typeof embeddings;
  readonly http: typeof http;
  readonly fakes: typeof fakes;
}

describe("a copy in another folder", () => {
  let folder: string;
  let other: Elsewhere;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "llx-copies-"));
    for (const name of ["callbacks", "async", "http", "embeddings"]) {
      for (const part of ["package.json", "dist"]) {
        const to = join(folder, "node_modules/@llx", name, part);
        cpSync(join("packages", name, part), to, { recursive: true });
      }
    }
    symlinkSync(resolve("packages/http/node_modules/undici"), join(folder, "node_modules/undici"));
    const load = (file: string): Promise<unknown> =>
      import(pathToFileURL(join(folder, "node_modules/@llx", file)).href);
    other = {
      callbacks: (await load("callbacks/dist/index.js")) as typeof esm,
      async: (await load("async/dist/index.js")) as typeof async,
      embeddings: (await load("embeddings/dist/index.js")) as typeof embeddings,
      http: (await load("http/dist/index.js")) as typeof http,
      fakes: (await load("embeddings/dist/testing.js")) as Elsewhere["fakes"],
    };
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is another one", () => {
    expect(other.callbacks.CallbackManager).not.toBe(esm.CallbackManager);
    expect(other.async.Semaphore).not.toBe(async.Semaphore);
    expect(other.http.ApiError).not.toBe(http.ApiError);
  });

  it("has jobs and models join the trace of the caller, and his manager", async () => {
    const debug = new esm.DebugHandler();
    const manager = new esm.CallbackManager({ handlers: [debug] });
    const model = other.fakes.fakeEmbedding();
    await manager.event("query", async () => {
      expect(other.callbacks.currentCallbackManager()).toBe(manager);
      await other.async.mapJobs([1], () => model.getTextEmbedding("a"));
    });
    const starts = debug.getEventPairs().map(([start]) => start);
    expect(starts.map(({ type }) => type)).toEqual([
      "query",
      "async_job",
      "embed_texts",
      "async_job",
      "embedding",
    ]);
    expect(new Set(starts.map(({ traceId }) => traceId)).size).toBe(1);
    await model.aclose();
  });

  it("continues a trace that was serialized here", async () => {
    const debug = new other.callbacks.DebugHandler();
    const manager = new other.callbacks.CallbackManager({ handlers: [debug] });
    const here = new esm.CallbackManager({ handlers: [new esm.DebugHandler()] });
    const [carrier, traceId, id] = await here.event("query", async (query) => {
      return [esm.serializeTrace(), esm.currentTrace()!.id, query.id] as const;
    });
    await other.callbacks.continueTrace(carrier, () => manager.event("retrieve", () => {}));
    const [retrieve] = debug.getEventPairs()[0]!;
    expect([retrieve.traceId, retrieve.parentId]).toEqual([traceId, id]);
  });

  it("takes limits that were made here", async () => {
    let running = 0;
    let most = 0;
    const respond = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await turn();
      running--;
    };
    for (const workers of [new async.Semaphore(2), new async.AdaptiveLimiter({ initial: 2, max: 2 })]) {
      // As objects: the types of two copies differ, as their private fields do.
      const models = [other.fakes, fakes].map(({ fakeEmbedding }) =>
        fakeEmbedding({ workers, limits: { inputs: 1 }, respond } as object),
      );
      // oxlint-disable-next-line no-await-in-loop -- one limit after another
      await Promise.all(models.map((model) => model.getTextEmbeddingBatch(["a", "b", "c", "d"])));
      expect(most).toBe(2);
    }
    const rate = new async.RateLimiter({ requests: { limit: 2, interval: 60_000 } });
    const model = other.fakes.fakeEmbedding({ rate } as object);
    await model.getTextEmbedding("a");
    await model.getTextEmbedding("b");
    expect(rate.tryAcquire()).toBeUndefined();
  });

  it("has its errors recognised here, and its refusals and retries too", async () => {
    const server = createServer((request, response) =>
      request.resume().on("end", () => response.writeHead(429, { "retry-after": "86400" }).end("{}")),
    );
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const client = new other.http.HttpClient({ provider: "Example" });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await client.postJson(url, {}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(http.RateLimitError);
    expect(error).toBeInstanceOf(http.ApiError);
    expect(error).not.toBeInstanceOf(http.ServerError);
    expect(async.isRefusal(error)).toBe(true);
    const retried = await async.retry(() => client.postJson(url, {})).catch((reason: unknown) => reason);
    expect(retried).toBeInstanceOf(other.async.RetryAfterError);
    await client.aclose();
    await new Promise((done) => server.close(done));
  });

  it("has its models and clients closed by a run from here", async () => {
    const model = other.fakes.fakeEmbedding();
    const client = new other.http.HttpClient({ provider: "Example" });
    await async.closeAll([model, client]);
    expect([model.closed, client.closed]).toEqual([true, true]);
  });
});

describe("deadlock detection", () => {
  /** Two jobs, each of which holds what the other one needs; what became of them, if anything. */
  async function deadlock(first: typeof async, second: typeof async): Promise<string[]> {
    const one = new first.Semaphore(1, { label: "one", detectDeadlocks: true });
    const two = new second.Semaphore(1, { label: "two", detectDeadlocks: true });
    const leave = new AbortController();
    const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const { signal } = leave;
    const outcomes: string[] = [];
    const take = async (
      own: { use: typeof one.use },
      wanted: { use: typeof one.use },
      at: 0 | 1,
    ): Promise<void> => {
      const body = async (): Promise<void> => {
        held[at].resolve();
        await held[1 - at]!.promise;
        await wanted.use(async () => {}, { signal });
      };
      await own.use(body).catch((error: Error) => void (signal.aborted || outcomes.push(error.name)));
    };
    const all = Promise.all([take(one, two, 0), take(two, one, 1)]);
    for (let i = 0; i < 20; i++) await turn();
    leave.abort();
    await all;
    return outcomes;
  }

  it("finds a deadlock within one copy, whichever it is, and none between two copies", async () => {
    expect(await deadlock(async, async)).toEqual(["DeadlockError"]);
    expect(await deadlock(asyncCjs, asyncCjs)).toEqual(["DeadlockError"]);
    expect(await deadlock(async, asyncCjs)).toEqual([]);
  });
});
