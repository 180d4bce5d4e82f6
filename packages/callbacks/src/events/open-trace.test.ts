import { describe, expect, it, vi } from "vitest";
import { CallbackManager, currentCallbackManager, currentTrace } from "../index.ts";
import { record, Recorder, turn } from "../testing/recorder.ts";

describe("traces", () => {
  it("contain everything inside, with one name and one id; inner traces join", async () => {
    const { manager, recorder } = record();
    await manager.asTrace("outer", async () => {
      await manager.event("query", () => manager.asTrace("inner", () => manager.event("retrieve", turn)));
      await manager.event("reranking", turn);
    });
    expect(recorder.calls.filter((call) => call.includes("trace"))).toEqual([
      "trace outer",
      "end of trace outer",
    ]);
    expect(new Set(recorder.ends.map(({ traceId }) => traceId)).size).toBe(1);
    expect(recorder.end("retrieve").parentId).toBe(recorder.end("query").id);
    const [map] = recorder.maps;
    expect(map).toEqual(
      new Map([
        ["root", [recorder.end("query").id, recorder.end("reranking").id]],
        [recorder.end("query").id, [recorder.end("retrieve").id]],
      ]),
    );
  });

  it("stay separate under concurrency, each with its own map", async () => {
    const { manager, recorder } = record();
    const names = Array.from({ length: 50 }, (_, index) => `trace-${index}`);
    await Promise.all(
      names.map((name) =>
        manager.asTrace(name, () => manager.event("query", () => manager.event("retrieve", turn))),
      ),
    );
    expect(recorder.maps).toHaveLength(50);
    for (const map of recorder.maps) expect([...map.values()].map(({ length }) => length)).toEqual([1, 1]);
    for (const end of recorder.ends.filter(({ type }) => type === "retrieve")) {
      const parent = recorder.ends.find(({ id }) => id === end.parentId)!;
      expect(parent.traceName).toBe(end.traceName);
    }
  });

  it("from startTrace: run enters the trace, end ends it once", async () => {
    const { manager, recorder } = record();
    const trace = manager.startTrace("held");
    await trace.run(() => manager.event("query", turn));
    manager.endTrace(trace);
    trace.end();
    expect(recorder.calls).toEqual(["trace held", "+query", "-query", "end of trace held"]);
    expect(recorder.end("query").traceId).toBe(trace.id);
  });

  it("are joined by other managers, whose handlers see their own part", async () => {
    const a = record();
    const b = record();
    await a.manager.asTrace("both", () =>
      a.manager.event("query", () =>
        b.manager.event("retrieve", () => a.manager.event("reranking", () => turn())),
      ),
    );
    const query = a.recorder.end("query");
    const retrieve = b.recorder.end("retrieve");
    expect(retrieve.traceId).toBe(query.traceId);
    expect(retrieve.parentId).toBe(query.id);
    expect(a.recorder.end("reranking").parentId).toBe(retrieve.id);
    expect(a.recorder.calls.filter((call) => call.includes("trace"))).toHaveLength(2);
    expect(b.recorder.calls).toEqual(["trace both", "+retrieve", "-retrieve", "end of trace both"]);
  });

  it("are returned by currentTrace, and their manager by currentCallbackManager", async () => {
    const { manager } = record();
    expect(currentCallbackManager()).toBeUndefined();
    await manager.asTrace("here", () =>
      manager.event("query", async (query) => {
        await manager.event("retrieve", (retrieve) => {
          expect(currentTrace()).toMatchObject({ name: "here", stack: [query.id, retrieve.id] });
          expect(currentCallbackManager()).toBe(manager);
        });
      }),
    );
  });
});

describe("sampling", () => {
  it("decides at the top of a trace, for the whole trace", async () => {
    const recorder = new Recorder();
    const sample = ({ name }: { name: string }): boolean => name !== "query";
    const manager = new CallbackManager({ handlers: [recorder], sample });
    await manager.event("query", () => manager.event("retrieve", () => manager.asTrace("inner", turn)));
    await manager.asTrace("other", () => manager.event("query", turn));
    expect(recorder.ends.map(({ traceName, type }) => `${traceName} ${type}`)).toEqual(["other query"]);
    expect(manager.openEvents).toBe(0);
  });

  it("takes a share from 0 to 1", async () => {
    const random = vi.spyOn(Math, "random");
    try {
      random.mockReturnValueOnce(0.29).mockReturnValueOnce(0.3);
      const recorder = new Recorder();
      const manager = new CallbackManager({ handlers: [recorder], sample: 0.3 });
      await manager.event("query", () => {});
      await manager.event("retrieve", () => {});
      expect(recorder.ends.map(({ type }) => type)).toEqual(["query"]);
    } finally {
      random.mockRestore();
    }
  });

  it.each([-0.1, 1.1, Number.NaN])("refuses the share %s", (sample) => {
    expect(() => new CallbackManager({ sample })).toThrow(RangeError);
  });
});
