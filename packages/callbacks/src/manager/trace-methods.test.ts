import { describe, expect, it } from "vitest";
import { type CallbackManager, traced, traceMethods, withTags } from "../index.ts";
import { record } from "../testing/recorder.ts";

class Index {
  readonly callbackManager: CallbackManager;
  readonly #passages = ["about tides"];

  constructor(callbackManager: CallbackManager) {
    this.callbackManager = callbackManager;
    traceMethods(this);
  }

  async retrieve(topK: number): Promise<string[]> {
    return this.#passages.slice(0, topK);
  }

  async *words(): AsyncGenerator<string> {
    yield* await this.retrieve(1);
  }

  count(): number {
    return this.#passages.length;
  }

  get size(): Promise<number> {
    return Promise.resolve(this.count());
  }

  async _open(): Promise<void> {}
}

class NewerIndex extends Index {
  override async retrieve(topK: number): Promise<string[]> {
    return [...(await super.retrieve(topK)), "about the moon"];
  }
}

const namesOf = (starts: readonly { payload: object }[]): unknown[] =>
  starts.map(({ payload }) => (payload as { name?: string }).name);

describe("traceMethods", () => {
  it("traces the async methods, under the names of the class and the method", async () => {
    const { recorder, manager } = record();
    const index = new Index(manager);
    expect(await index.retrieve(1)).toEqual(["about tides"]);
    for await (const word of index.words()) expect(word).toBe("about tides");
    expect([index.count(), await index.size]).toEqual([1, 1]);
    await index["_open"]();
    expect(recorder.starts.map(({ type }) => type)).toEqual(Array(3).fill("function_call"));
    expect(namesOf(recorder.starts)).toEqual(["Index.retrieve", "Index.words", "Index.retrieve"]);
    expect(recorder.starts[2]!.parentId).toBe(recorder.starts[1]!.id);
    expect(recorder.starts[0]!.payload).toEqual({ name: "Index.retrieve" });
  });

  it("traces what a subclass overrides, once", async () => {
    const { recorder, manager } = record();
    expect(await new NewerIndex(manager).retrieve(1)).toEqual(["about tides", "about the moon"]);
    expect(namesOf(recorder.starts)).toEqual(["NewerIndex.retrieve"]);
  });

  it("leaves what is traced already, also by itself", async () => {
    const { recorder, manager } = record();
    const object = {
      callbackManager: manager,
      find: traced("retrieve", async (word: string) => word),
      load: async (): Promise<number> => 5,
    };
    expect(traceMethods(traceMethods(object))).toBe(object);
    expect([await object.find("tides"), await object.load()]).toEqual(["tides", 5]);
    expect(recorder.starts.map(({ type }) => type)).toEqual(["retrieve", "function_call"]);
    expect(Object.keys(object)).toEqual(["callbackManager", "find"]);
  });

  it("records arguments and results only if asked, and only for handlers with capture full", async () => {
    const { recorder, manager } = record();
    const full: object[] = [];
    manager.addHandler({
      capture: "full",
      onEventEnd: ({ payload, endPayload }) => void full.push(payload, endPayload),
    });
    const object = traceMethods(
      { callbackManager: manager, load: async (page: number) => `page ${page}` },
      { input: true, output: true },
    );
    await withTags({ tenant: "a" }, () => object.load(3));
    const name = "Object.load";
    expect(recorder.ends.map(({ payload, endPayload }) => [payload, endPayload])).toEqual([[{ name }, {}]]);
    expect(full).toEqual([{ name, content: { arguments: [3] } }, { content: { result: "page 3" } }]);
  });

  it("traces the methods that are named, whether they are declared async or not", async () => {
    const { recorder, manager } = record();
    const object = {
      callbackManager: manager,
      load: (page: number): Promise<string> => Promise.resolve(`page ${page}`),
      other: async (): Promise<void> => {},
    };
    traceMethods(object, { methods: ["load"] });
    await object.other();
    expect(await object.load(3)).toBe("page 3");
    expect(namesOf(recorder.starts)).toEqual(["Object.load"]);
  });

  it("refuses what is no method, and objects that cannot be changed", () => {
    expect(() => traceMethods({}, { methods: ["load"] as never[] })).toThrow(
      "load is not a method of the object, but undefined",
    );
    expect(() => traceMethods(Object.freeze({ load: async () => {} }))).toThrow(
      "cannot change an object that is frozen",
    );
  });
});
