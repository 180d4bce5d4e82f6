import { describe, expect, it } from "vitest";
import { CallbackManager, currentTrace, DebugHandler } from "../index.ts";

/** Managers whose events reach no handler. */
const unobserved: [string, () => CallbackManager][] = [
  ["without handlers", () => new CallbackManager()],
  ["with sample: 0", () => new CallbackManager({ handlers: [new DebugHandler()], sample: 0 })],
];

describe.each(unobserved)("an event of a manager %s", (_kind, make) => {
  it("has its own type inside event()", async () => {
    const manager = make();
    expect(await manager.event("query", (event) => event.type)).toBe("query");
    const inner = await manager.event("query", () => manager.event("llm", (event) => event.type));
    expect(inner).toBe("llm");
  });

  it("has its own type from startEvent(), child() and stream()", async () => {
    const manager = make();
    const event = manager.startEvent("query");
    expect([event.type, event.child("retrieve").type]).toEqual(["query", "retrieve"]);
    const types = manager.stream("llm", {}, async function* words({ type }) {
      yield type;
    });
    expect(await Array.fromAsync(types)).toEqual(["llm"]);
  });

  it("records nothing, and runs what is run inside it", () => {
    const manager = make();
    const event = manager.startEvent("query");
    event.set({ content: { response: "text" } });
    event.chunk("text");
    expect(event.run(() => 7)).toBe(7);
    event.onEnd();
    event.fail(new Error("too late"));
    expect(event).toMatchObject({ id: undefined, recorded: false, ended: false });
    expect(manager.openEvents).toBe(0);
  });
});

describe("an unsampled trace", () => {
  it("is decided once, also for what runs inside startEvent() and stream()", async () => {
    const debug = new DebugHandler();
    const asked: string[] = [];
    const sample = ({ name }: { readonly name: string }): boolean => {
      asked.push(name);
      return name === "llm";
    };
    const manager = new CallbackManager({ handlers: [debug], sample });
    await manager.event("query", () => manager.event("llm", () => {}));
    await manager.startEvent("retrieve").run(() => manager.event("llm", () => {}));
    manager.startEvent("tree").child("llm").onEnd();
    const stream = manager.stream("synthesize", {}, async function* words() {
      yield await manager.event("llm", () => currentTrace());
    });
    expect(await Array.fromAsync(stream)).toEqual([undefined]);
    expect(asked).toEqual(["query", "retrieve", "tree", "synthesize"]);
    expect(debug.getEvents()).toEqual([]);
  });

  it("keeps what starts inside unsampled, also where that runs or is consumed outside of it", async () => {
    const debug = new DebugHandler();
    const asked: string[] = [];
    const sample = ({ name }: { readonly name: string }): boolean => {
      asked.push(name);
      return name !== "request";
    };
    const manager = new CallbackManager({ handlers: [debug], sample });
    const inner = (): Promise<void> => manager.event("llm", () => {});
    const made = await manager.asTrace("request", () => ({
      event: manager.startEvent("query"),
      trace: manager.startTrace("inner"),
      words: manager.stream("synthesize", {}, async function* words() {
        yield await inner();
      }),
    }));
    await made.event.run(inner);
    await made.event.child("retrieve").run(inner);
    await made.trace.run(inner);
    await Array.fromAsync(made.words);
    expect(asked).toEqual(["request"]);
    expect(debug.getEvents()).toEqual([]);
  });
});
