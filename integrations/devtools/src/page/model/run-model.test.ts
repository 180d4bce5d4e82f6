import { describe, expect, it } from "vitest";
import type { DevtoolsRecord, EventRecord, StateRecord } from "../../record/devtools-record.ts";
import { pathOf, selfTimeOf } from "./page-event.ts";
import { RunModel } from "./run-model.ts";

function event(id: string, time: number, end: number, more: Partial<EventRecord> = {}): EventRecord {
  return { kind: "event", id, type: "query", trace: "t", time, end, status: "ok", ...more };
}

function modelOf(records: readonly DevtoolsRecord[], most?: number): RunModel {
  const model = new RunModel(most);
  for (const record of records) model.add(record);
  return model;
}

describe("RunModel", () => {
  it("puts events below the ones around them", () => {
    const model = modelOf([
      { kind: "start", id: "a", type: "ingestion", trace: "t", traceName: "nightly", time: 0 },
      event("b", 10, 30, { parent: "a" }),
      event("c", 20, 50, { parent: "a" }),
      { kind: "end", id: "a", time: 100, status: "ok" },
    ]);
    const [a] = model.roots;
    expect(a!.children!.map(({ id }) => id)).toEqual(["b", "c"]);
    expect(pathOf(model.event("c")!).map(({ id }) => id)).toEqual(["a", "c"]);
    // 10 to 50 are covered by children that overlap.
    expect(selfTimeOf(a!, 0)).toBe(60);
    expect([model.from, model.to, model.seen, model.open.size]).toEqual([0, 100, 3, 0]);
  });

  it("puts an event at the top whose parent is not in the record", () => {
    const model = modelOf([event("b", 1, 2, { parent: "unknown" })]);
    expect(model.roots).toHaveLength(1);
  });

  it("counts an event once, however often its lines come", () => {
    const end: DevtoolsRecord = { kind: "end", id: "a", time: 5, status: "ok" };
    const model = modelOf([event("a", 1, 2), event("a", 1, 2), end]);
    expect(model.seen).toBe(1);
    expect(model.event("a")!.end).toBe(2);
  });

  it("groups errors that differ in numbers and ids, where they were thrown", () => {
    const failed = (id: string, message: string): EventRecord =>
      event(id, 1, 2, { type: "llm", status: "error", error: { name: "HttpError", message } });
    const model = modelOf([
      failed("a", "503 for request 17 (id 9f86d081884c)"),
      failed("b", "503 for request 18 (id 60303ae22b99)"),
      failed("c", "the key is wrong"),
      event("d", 0, 3, { status: "error", errorFrom: "a" }),
    ]);
    expect(model.errors).toBe(3);
    expect(
      [...model.errorGroups.values()].map(({ count, message, last }) => [count, message, last.id]),
    ).toEqual([
      [2, "503 for request 17 (id 9f86d081884c)", "b"],
      [1, "the key is wrong", "c"],
    ]);
  });

  it("forgets the oldest that have ended, in bounded memory, and still counts them", () => {
    const records: DevtoolsRecord[] = [
      { kind: "start", id: "top", type: "ingestion", trace: "t", time: 0 },
      ...Array.from({ length: 30 }, (_, index) => event(`e${index}`, index, index + 1, { parent: "top" })),
    ];
    const model = modelOf(records, 20);
    expect([...model.events].length).toBeLessThanOrEqual(20);
    expect(model.event("top")).toBeDefined();
    expect(model.event("e0")).toBeUndefined();
    expect(model.event("e29")).toBeDefined();
    expect(model.seen).toBe(31);
    expect(model.forgotten).toBe(31 - [...model.events].length);
    const kept = model.layout.rows.flat().length;
    expect(kept).toBe([...model.events].length);
    expect(model.event("top")!.children).toHaveLength(kept - 1);
  });

  it("follows calls from state to state: their rate and the time left", () => {
    const state = (time: number, done: number): StateRecord => ({
      kind: "state",
      source: "1",
      time,
      semaphores: [],
      calls: [
        {
          desc: "pages",
          workers: 2,
          total: 100,
          started: done + 2,
          running: 2,
          done,
          pausedFor: 0,
          jobs: [],
        },
      ],
    });
    const model = modelOf([state(0, 10), state(2_000, 30)]);
    // 20 in two seconds; 70 are left.
    expect(model.calls).toMatchObject([{ rate: 10, left: 7_000, since: 0 }]);
    model.add({ ...state(3_000, 0), calls: [] });
    expect(model.calls).toEqual([]);
  });

  it("ends the calls of a process that exits", () => {
    const call = { desc: "pages", workers: 1, started: 1, running: 1, done: 0, pausedFor: 0, jobs: [] };
    const model = modelOf([
      { kind: "process", source: "1", program: "a.js", node: "v26", time: 0 },
      { kind: "state", source: "1", time: 1, calls: [call], semaphores: [] },
      { kind: "exit", source: "1", time: 2, code: 3 },
    ]);
    expect(model.calls).toEqual([]);
    expect(model.processes.get("1")!.exit).toBe(3);
    expect(model.exit).toBeUndefined();
  });

  it("ends the calls of all processes with the program: one that is killed does not say so", () => {
    const call = { desc: "pages", workers: 1, started: 1, running: 1, done: 0, pausedFor: 0, jobs: [] };
    const held = { label: "db", permits: 1, available: 0, waiting: 0, holders: [], waiters: [] };
    const model = modelOf([
      { kind: "state", source: "1", time: 1, calls: [call], semaphores: [held] },
      { kind: "exit", time: 3, code: "SIGKILL" },
    ]);
    expect(model.exit).toBe("SIGKILL");
    expect(model.calls).toEqual([]);
    expect([...model.limits.all.values()][0]!.now).toBeUndefined();
  });
});
