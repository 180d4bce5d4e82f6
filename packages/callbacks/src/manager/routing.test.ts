// What a tree of dispatchers would be for: see docs/decisions/014-no-tree-of-dispatchers.md.
import { afterEach, describe, expect, it } from "vitest";
import { type CallbackHandler, CallbackManager, setGlobalHandlers, withTags } from "../index.ts";
import { record, Recorder } from "../testing/recorder.ts";

/** A library that takes a manager. */
const search = (callbackManager: CallbackManager): Promise<void> =>
  callbackManager.event("retrieve", () => callbackManager.event("tree", () => {}));

afterEach(() => setGlobalHandlers([]));

describe("the events of a library", () => {
  it("go apart, and stay in the tree, with a manager of their own", async () => {
    const app = record();
    const library = record();
    await app.manager.event("query", () => search(library.manager));
    expect(app.recorder.starts.map(({ type }) => type)).toEqual(["query"]);
    expect(library.recorder.starts.map(({ type }) => type)).toEqual(["retrieve", "tree"]);
    const [query] = app.recorder.starts;
    expect(library.recorder.starts[0]).toMatchObject({ traceId: query!.traceId, parentId: query!.id });
  });

  it("go to both, with the handlers of both", async () => {
    const app = record();
    const own = new Recorder();
    const both = new CallbackManager({ handlers: [...app.manager.handlers, own] });
    await app.manager.event("query", () => search(both));
    expect(app.recorder.starts.map(({ type }) => type)).toEqual(["query", "retrieve", "tree"]);
    expect(own.starts.map(({ type }) => type)).toEqual(["retrieve", "tree"]);
    expect(app.recorder.starts[1]!.parentId).toBe(app.recorder.starts[0]!.id);
  });

  it("are silent with a manager without handlers, and what it calls back is not", async () => {
    const app = record();
    const silent = new CallbackManager();
    await app.manager.event("query", async () => {
      await search(silent);
      await silent.event("retrieve", () => app.manager.event("llm", () => {}));
    });
    expect(app.recorder.starts.map(({ type }) => type)).toEqual(["query", "llm"]);
    expect(app.recorder.starts[1]!.parentId).toBe(app.recorder.starts[0]!.id);
  });

  it("are told apart by a tag, also by global handlers", async () => {
    const seen: string[] = [];
    const withoutSearch: CallbackHandler = {
      onEventStart: ({ type, tags }) => void (tags["library"] === "search" || seen.push(type)),
    };
    setGlobalHandlers([withoutSearch]);
    const manager = new CallbackManager();
    await manager.event("query", () => withTags({ library: "search" }, () => search(manager)));
    expect(seen).toEqual(["query"]);
  });
});
