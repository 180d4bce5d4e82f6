import { describe, expect, it } from "vitest";
import {
  CallbackManager,
  continueTrace,
  currentTrace,
  DebugHandler,
  serializeTrace,
  withTags,
} from "../index.ts";
import { record, turn } from "../testing/recorder.ts";

const empty = {};

describe("withTags", () => {
  it("puts tags on every event and trace below, across awaits, and on none outside", async () => {
    const { recorder, manager } = record();
    const traces: unknown[] = [];
    manager.addHandler({ startTrace: ({ name, tags }) => void traces.push([name, tags]) });
    await withTags({ tenant: "a" }, async () => {
      await turn();
      await manager.event("query", async () => {
        await turn();
        await manager.event("embedding", () => manager.event("tree", () => {}));
      });
    });
    await manager.event("synthesize", () => {});
    expect(recorder.starts.map(({ type, tags }) => [type, tags])).toEqual([
      ["query", { tenant: "a" }],
      ["embedding", { tenant: "a" }],
      ["tree", { tenant: "a" }],
      ["synthesize", empty],
    ]);
    expect(recorder.end("query").tags).toEqual({ tenant: "a" });
    expect(traces).toEqual([
      ["query", { tenant: "a" }],
      ["synthesize", empty],
    ]);
  });

  it("merges nested scopes: the inner value wins, and undefined removes", async () => {
    const { recorder, manager } = record();
    await withTags({ tenant: "a", user: "1" }, () =>
      manager.event("query", () =>
        withTags({ user: "2", plan: "free" }, async () => {
          await manager.event("retrieve", () => {});
          await withTags({ tenant: undefined }, () => manager.event("tree", () => {}));
        }),
      ),
    );
    expect(recorder.starts.map(({ tags }) => tags)).toEqual([
      { tenant: "a", user: "1" },
      { tenant: "a", user: "2", plan: "free" },
      { user: "2", plan: "free" },
    ]);
    expect(recorder.starts[1]!.parentId).toBe(recorder.starts[0]!.id);
  });

  it("keeps concurrent scopes apart", async () => {
    const { recorder, manager } = record();
    const tenants = ["a", "b", "c"];
    await Promise.all(
      tenants.map((tenant) =>
        withTags({ tenant }, async () => {
          await turn();
          await manager.event("query", () => turn());
          return manager.event("query", () => {});
        }),
      ),
    );
    const counts = Object.groupBy(recorder.starts, ({ tags }) => tags["tenant"] ?? "none");
    expect(Object.entries(counts).map(([tenant, starts]) => [tenant, starts?.length])).toEqual([
      ["a", 2],
      ["b", 2],
      ["c", 2],
    ]);
  });

  it("leaves the tags of an open event with it, wherever its body and its children run", () => {
    const { recorder, manager } = record();
    const session = withTags({ tenant: "a" }, () => manager.startEvent("query"));
    session.child("retrieve").onEnd();
    withTags({ tenant: "b" }, () => session.run(() => manager.startEvent("tree").onEnd()));
    session.onEnd();
    expect(recorder.starts.map(({ tags }) => tags["tenant"])).toEqual(["a", "a", "a"]);
  });

  it("reaches a stream that is read outside the scope, and events of another manager", async () => {
    const { recorder, manager } = record();
    const library = record();
    const words = withTags({ tenant: "a" }, () =>
      manager.stream("llm", {}, async function* () {
        await library.manager.event("retrieve", () => {});
        yield "moon";
      }),
    );
    for await (const word of words) expect(word).toBe("moon");
    expect(recorder.starts[0]!.tags).toEqual({ tenant: "a" });
    expect(library.recorder.starts[0]).toMatchObject({
      tags: { tenant: "a" },
      traceId: recorder.starts[0]!.traceId,
    });
  });

  it("starts no trace by itself, and samples as before", async () => {
    const debug = new DebugHandler();
    const manager = new CallbackManager({ handlers: [debug], sample: 0 });
    await withTags({ tenant: "a" }, async () => {
      expect(currentTrace()).toBeUndefined();
      await manager.event("query", () => manager.asTrace("inner", () => manager.event("tree", () => {})));
    });
    expect(debug.getEvents()).toEqual([]);
  });

  it("is part of the current trace, of plain data and of a drawn trace", async () => {
    const debug = new DebugHandler();
    const manager = new CallbackManager({ handlers: [debug] });
    await manager.event("query", () =>
      withTags({ tenant: "a" }, async () => {
        expect(currentTrace()).toMatchObject({ name: "query", tags: { tenant: "a" } });
        await manager.event("tree", () => {});
      }),
    );
    const snapshot = debug.toJSON();
    expect(snapshot.events.map(({ tags }) => tags)).toEqual([undefined, { tenant: "a" }]);
    const merged = new DebugHandler();
    merged.merge(snapshot);
    expect(merged.getEventPairs().map(([start]) => start.tags)).toEqual([empty, { tenant: "a" }]);
    const drawn = debug.toChromeTrace().traceEvents.filter(({ ph }) => ph === "X");
    expect(drawn.map(({ args }) => args)).toEqual([{}, { tags: { tenant: "a" } }]);
  });

  it("returns what the function returns, and throws what it throws", async () => {
    expect(withTags({ a: "1" }, () => 5)).toBe(5);
    await expect(withTags({ a: "1" }, () => Promise.reject(new RangeError("none")))).rejects.toThrow("none");
  });

  it.each([
    [{ "a b": "1" }, '"a b" cannot be the name of a tag'],
    [{ "": "1" }, '"" cannot be the name of a tag'],
    [{ tenant: 5 }, "the tag tenant must be a string, not number; convert it with String(…)"],
    ["a", "withTags needs an object of tags"],
    [null, "withTags needs an object of tags"],
  ])("refuses %o", (tags, message) => {
    expect(() => withTags(tags as never, () => {})).toThrow(message);
    expect(() => withTags(tags as never, () => {})).toThrow(TypeError);
  });

  it("refuses to run nothing", () => {
    expect(() => withTags({ tenant: "a" }, undefined as never)).toThrow(
      'withTags needs a function to run, as in withTags({ tenant: "a" }, fn), not undefined',
    );
  });
});

describe("a primitive that is thrown below a scope with tags", () => {
  it("is recorded once", async () => {
    const { recorder, manager } = record();
    const failing = manager.event("query", () =>
      withTags({ tenant: "a" }, () =>
        manager.asTrace("inner", () => manager.event("retrieve", () => Promise.reject("no"))),
      ),
    );
    await expect(failing).rejects.toBe("no");
    expect(recorder.ends.map(({ type, error }) => [type, error])).toEqual([
      ["retrieve", "no"],
      ["query", undefined],
    ]);
  });
});

describe("tags in a carrier", () => {
  it("are W3C baggage, and restored on the other side", async () => {
    const here = record();
    const there = record();
    const carrier = await withTags({ tenant: "a", city: "Zürich, ZH" }, () =>
      here.manager.event("query", () => serializeTrace()),
    );
    expect(carrier?.baggage).toBe("tenant=a;llx,city=Z%C3%BCrich%2C%20ZH;llx");
    await continueTrace(carrier, () => there.manager.event("retrieve", () => {}));
    expect(there.recorder.starts[0]).toMatchObject({
      tags: { tenant: "a", city: "Zürich, ZH" },
      parentId: here.recorder.starts[0]!.id,
    });
  });

  it("travel without a trace", async () => {
    const carrier = withTags({ tenant: "a" }, () => serializeTrace());
    expect(carrier).toEqual({ baggage: "tenant=a;llx" });
    const { recorder, manager } = record();
    await continueTrace(carrier, () => manager.event("query", () => {}));
    expect(recorder.starts[0]).toMatchObject({
      tags: { tenant: "a" },
      parentId: undefined,
      traceName: "query",
    });
    expect(serializeTrace()).toBeUndefined();
  });

  it("do not replace what is set around the receiver", () => {
    const received = withTags({ tenant: "mine" }, () =>
      continueTrace({ baggage: "tenant=theirs;llx,user=1;llx" }, () => serializeTrace()),
    );
    expect(received?.baggage).toBe("tenant=mine;llx,user=1;llx");
  });

  it.each([
    ["the baggage of others", "tenant=theirs,userId=5;ttl=3", undefined],
    ["spaces, other properties and repeated headers", ["a = 1 ; x=2 ; llx", "b=2;llx"], { a: "1", b: "2" }],
    ["what is not percent-encoded", "a=%E0%A4%A;llx,b=2;llx", { b: "2" }],
    ["an equals sign and an empty value", "a=b=c;llx,d=;llx", { a: "b=c", d: "" }],
    ["a name that is none", "a b=1;llx,=2;llx,c;llx", undefined],
    ["too long a header", `a=${"x".repeat(20_000)};llx`, undefined],
    ["a name of the prototype", "__proto__=1;llx", { ["__proto__"]: "1" }],
  ])("skip %s", (_, baggage, expected) => {
    const { recorder, manager } = record();
    continueTrace({ baggage }, () => manager.startEvent("query").onEnd());
    expect(Object.entries(recorder.starts[0]!.tags)).toEqual(Object.entries(expected ?? {}));
  });

  it("are at most 64, and 8,192 characters", () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`t${index}`, "x"]));
    const entries = (tags: Record<string, string>): string[] =>
      withTags(tags, () => serializeTrace()?.baggage ?? "").split(",");
    expect(entries(many)).toHaveLength(64);
    expect(entries({ long: "x".repeat(9000), short: "y" })).toEqual(["short=y;llx"]);
  });
});
