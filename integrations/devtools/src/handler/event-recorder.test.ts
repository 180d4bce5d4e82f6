import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AdaptiveLimiter, mapJobs, RateLimiter, runJobs, Semaphore } from "@llx/async";
import { CallbackManager, withTags } from "@llx/callbacks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DevtoolsRecord, EventRecord } from "../record/devtools-record.ts";
import { parseRecord } from "../record/read-record.ts";
import { RecordLog } from "../record/record-log.ts";
import { EventRecorder, type RecorderOptions } from "./event-recorder.ts";

let folder: string;
let log: RecordLog;
let recorder: EventRecorder;
let manager: CallbackManager;

beforeEach(() => {
  // The clock of events goes on: they are told apart by it.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  folder = mkdtempSync(join(tmpdir(), "llx-recorder-"));
  log = new RecordLog(join(folder, "run.ndjson"));
});

afterEach(() => {
  recorder.close();
  log.close();
  rmSync(folder, { recursive: true });
  vi.useRealTimers();
});

function record(options: Partial<RecorderOptions> = {}, capture: "sizes" | "full" = "sizes"): void {
  recorder = new EventRecorder({ maxEvents: 100, stallAfter: 1_000, isComplete: true, ...options });
  manager = new CallbackManager({
    handlers: [
      { capture, onEventStart: (event) => recorder.start(event), onEventEnd: (event) => recorder.end(event) },
    ],
  });
}

/** The lines that are written, each of which a reader accepts. */
function written(): DevtoolsRecord[] {
  const lines = readFileSync(log.path, "utf8").trimEnd().split("\n");
  return lines.map((line) => parseRecord(line)!);
}

const ofKind = <K extends DevtoolsRecord["kind"]>(kind: K): Extract<DevtoolsRecord, { kind: K }>[] =>
  written().filter((line): line is Extract<DevtoolsRecord, { kind: K }> => line.kind === kind);

describe("EventRecorder", () => {
  it("writes an event that ended soon in one line, with its parent and its facts", async () => {
    record();
    recorder.attach(() => log);
    await manager.asTrace("nightly", () =>
      withTags({ tenant: "a" }, () =>
        manager.event("query", () =>
          manager.event("retrieve", { topK: 3, content: { query: "secret text" } }, (event) =>
            event.set({ count: 2 }),
          ),
        ),
      ),
    );
    expect(written()).toHaveLength(1);
    vi.advanceTimersByTime(100);
    const [query, retrieve] = ofKind("event") as [EventRecord, EventRecord];
    expect(query).toMatchObject({ type: "query", traceName: "nightly", status: "ok", tags: { tenant: "a" } });
    expect(query).not.toHaveProperty("parent");
    expect(retrieve).toMatchObject({
      type: "retrieve",
      parent: query.id,
      trace: query.trace,
      payload: { topK: 3 },
      endPayload: { count: 2 },
    });
    expect(retrieve).not.toHaveProperty("traceName");
    expect(retrieve.id).toMatch(/^[\da-f]{16}$/);
    expect(retrieve.end).toBeGreaterThanOrEqual(retrieve.time);
    expect(readFileSync(log.path, "utf8")).not.toContain("secret text");
  });

  it("writes texts where they are asked for", async () => {
    record({}, "full");
    recorder.attach(() => log);
    await manager.event("retrieve", { topK: 3, content: { query: "Who?" } }, () => {});
    recorder.flush();
    expect(ofKind("event")[0]!.payload).toEqual({ topK: 3, content: { query: "Who?" } });
  });

  it("writes the start of an event that is open, and its end later", async () => {
    record();
    recorder.attach(() => log);
    const open = manager.startEvent("tree", { level: 0 });
    await vi.advanceTimersByTimeAsync(100);
    expect(ofKind("start")).toMatchObject([{ id: open.id, type: "tree", payload: { level: 0 } }]);
    open.onEnd({ count: 4 });
    await vi.advanceTimersByTimeAsync(100);
    expect(ofKind("end")).toMatchObject([{ id: open.id, status: "ok", endPayload: { count: 4 } }]);
    expect(ofKind("event")).toEqual([]);
  });

  it("writes an error where it was thrown, without what looks like a key", async () => {
    record();
    recorder.attach(() => log);
    const failing = manager.event("query", () =>
      manager.event("llm", () => Promise.reject(new RangeError("refused sk-abcdefghijklmnop1234"))),
    );
    await expect(failing).rejects.toThrow("refused");
    recorder.flush();
    const [query, llm] = ofKind("event") as [EventRecord, EventRecord];
    expect(llm.error).toEqual({ name: "RangeError", message: "refused [redacted]" });
    expect(query).toMatchObject({ status: "error", errorFrom: llm.id });
    expect(query).not.toHaveProperty("error");
  });

  it.each([
    ["nothing", () => undefined, { name: "undefined", message: "undefined" }],
    ["a text", () => "text", { name: "string", message: "text" }],
    [
      "what cannot be read",
      () => ({
        get message(): never {
          throw new Error("no");
        },
      }),
      { name: "unknown", message: "[cannot be read]" },
    ],
  ])("writes anything that is thrown: %s", async (_what, make, error) => {
    record();
    recorder.attach(() => log);
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- any value can be thrown
    await manager.event("query", () => Promise.reject(make())).catch(() => {});
    recorder.flush();
    expect(ofKind("event")[0]!.error).toEqual(error);
  });

  it("writes a payload that JSON cannot hold", async () => {
    record();
    recorder.attach(() => log);
    const payload = { topK: 3, big: 5n, fail: { toJSON: () => null }, list: [1, [2]] } as object;
    await manager.event("retrieve", payload, () => {});
    recorder.flush();
    expect(ofKind("event")[0]!.payload).toEqual({ topK: 3, big: "5n", fail: null, list: [1, [2]] });
  });

  it("begins a log with the latest events, where nobody looked before", async () => {
    record({ isComplete: false, maxEvents: 2 });
    const outer = manager.startEvent("ingestion");
    await outer.run(async () => {
      for (const topK of [1, 2, 3]) await manager.event("retrieve", { topK }, () => {});
    });
    recorder.attach(() => log);
    log.write(recorder.beginning());
    expect(ofKind("process")).toMatchObject([{ source: String(process.pid), node: process.version }]);
    expect(ofKind("skipped")).toMatchObject([{ count: 1 }]);
    expect(ofKind("start")).toMatchObject([{ type: "ingestion" }]);
    expect(ofKind("event").map(({ payload }) => payload)).toEqual([{ topK: 2 }, { topK: 3 }]);
    outer.onEnd();
    recorder.flush();
    expect(ofKind("end")).toMatchObject([{ id: outer.id }]);
  });

  it("counts what a page cannot be told of, and writes no more than 2,000 events in a tenth of a second", async () => {
    record({ isComplete: false, maxEvents: 10 });
    recorder.attach(() => log);
    for (let n = 0; n < 12_000; n++) await manager.event("query", () => {});
    await vi.advanceTimersByTimeAsync(100);
    expect(ofKind("event")).toHaveLength(2_000);
    expect(ofKind("skipped")).toMatchObject([{ count: 10_000 }]);
  });

  it("writes every event of a complete record, in bounded memory: without waiting for the next tick", async () => {
    record();
    recorder.attach(() => log);
    for (let n = 0; n < 12_000; n++) await manager.event("query", () => {});
    // Those that were open when the others were written have their end in a line of its own.
    const count = (): number => ofKind("event").length + ofKind("start").length;
    expect(count()).toBe(10_000);
    recorder.exit(0);
    expect(count()).toBe(12_000);
    expect(ofKind("end")).toHaveLength(ofKind("start").length);
    expect(written().at(-1)).toMatchObject({ kind: "exit", code: 0, source: String(process.pid) });
  });

  it("writes what runs and waits, until nothing does", async () => {
    record();
    recorder.attach(() => log);
    const gate = Promise.withResolvers<void>();
    const semaphore = new Semaphore(1, { label: "pages" });
    const jobs = [
      () => semaphore.use(() => gate.promise),
      () => semaphore.use(() => gate.promise),
      () => gate.promise,
    ];
    const run = runJobs<unknown>(jobs, { workers: 2, desc: "loading" });
    await vi.advanceTimersByTimeAsync(100);
    const [state] = ofKind("state");
    expect(state!.calls).toMatchObject([
      { desc: "loading", total: 3, started: 2, running: 2, done: 0, workers: 2 },
    ]);
    expect(state!.semaphores).toMatchObject([
      {
        label: "pages",
        permits: 1,
        available: 0,
        waiting: 1,
        holders: [{ permits: 1 }],
        waiters: [{ permits: 1 }],
      },
    ]);
    gate.resolve();
    await run;
    await vi.advanceTimersByTimeAsync(2_000);
    const states = ofKind("state");
    expect(states.at(-1)).toMatchObject({ calls: [], semaphores: [] });
    expect(states.filter(({ calls }) => calls.length === 0)).toHaveLength(1);
  });

  it("writes the rate limiter of calls, once for all that share it", async () => {
    record();
    recorder.attach(() => log);
    const gate = Promise.withResolvers<void>();
    const rate = new RateLimiter({ requests: { limit: 2, interval: 1_000 } });
    rate.pause();
    const runs = ["one", "two"].map((desc) => mapJobs([1], () => gate.promise, { rate, desc }));
    await vi.advanceTimersByTimeAsync(100);
    const [state] = ofKind("state");
    expect(state!.rates).toEqual([
      {
        label: "one",
        waiting: 2,
        pausedFor: 31_536_000_000,
        refused: 0,
        requests: { limit: 2, interval: 1_000, free: 2 },
      },
    ]);
    expect(state!.calls[0]).not.toHaveProperty("rate");
    rate.resume();
    gate.resolve();
    await Promise.all(runs);
  });

  it("writes deadlocks outside of any event, those from before it was attached too, each once", async () => {
    record();
    const books = new Semaphore(1, { label: "books", detectDeadlocks: true });
    const deadlock = (): Promise<unknown> =>
      books.use(() => books.use(() => {})).catch((error: unknown) => (error as Error).message);
    const before = await deadlock();
    recorder.attach(() => log);
    await vi.advanceTimersByTimeAsync(100);
    const after = await deadlock();
    await vi.advanceTimersByTimeAsync(1_000);
    recorder.exit(0);
    const deadlocks = ofKind("deadlock").filter(({ message }) => message.includes(" of books"));
    expect(deadlocks.map(({ message }) => message)).toEqual([before, after]);
    expect(before).toMatch(/^deadlock: /);
    expect(Math.abs(deadlocks[0]!.time - Date.now())).toBeLessThan(60_000);
  });

  it("writes how many requests each limit's service has refused", async () => {
    record();
    recorder.attach(() => log);
    const gate = Promise.withResolvers<void>();
    const workers = new AdaptiveLimiter({ initial: 2, label: "service" });
    const refusal = Object.assign(new Error("slow down"), { status: 429, retryAfter: 60_000 });
    const leave = new AbortController();
    let sent = 0;
    const run = mapJobs([1, 2], () => (++sent === 1 ? gate.promise : Promise.reject(refusal)), {
      workers,
      retry: {},
      signal: leave.signal,
    });
    await vi.advanceTimersByTimeAsync(100);
    const [state] = ofKind("state");
    expect(state).toMatchObject({
      calls: [{ refused: 1 }],
      semaphores: [{ label: "service", refused: 1 }],
    });
    leave.abort();
    gate.resolve();
    await expect(run).rejects.toThrow("aborted");
  });

  it("writes a failure, a pause, a deadlock and a stall within 200 ms of each", async () => {
    record({ stallAfter: 400 });
    recorder.attach(() => log);
    await vi.advanceTimersByTimeAsync(1_050);
    await manager.event("query", () => Promise.reject(new RangeError("too many"))).catch(() => {});
    await vi.advanceTimersByTimeAsync(200);
    expect(ofKind("event")).toMatchObject([{ error: { name: "RangeError" } }]);

    const accounts = new Semaphore(1, { label: "accounts", detectDeadlocks: true });
    await accounts.use(() => accounts.use(() => {})).catch(() => {});
    await vi.advanceTimersByTimeAsync(200);
    expect(ofKind("deadlock").at(-1)!.message).toContain("waits for 1 of accounts");

    const refusal = Object.assign(new Error("slow down"), { status: 429, retryAfter: 60_000 });
    const leave = new AbortController();
    const callbackManager = manager;
    const refused = runJobs([() => Promise.reject(refusal)], {
      retry: {},
      signal: leave.signal,
      callbackManager,
    });
    await vi.advanceTimersByTimeAsync(200);
    expect(ofKind("start").map(({ type }) => type)).toContain("service_pause");
    expect(ofKind("state").at(-1)!.calls[0]!.pausedFor).toBeGreaterThan(50_000);
    leave.abort();
    await expect(refused).rejects.toThrow("aborted");

    const gate = Promise.withResolvers<void>();
    const run = runJobs([() => gate.promise], { desc: "loading" });
    // The stall itself: 400 ms without movement, of which the clock of the watch may see a quarter late.
    await vi.advanceTimersByTimeAsync(500);
    expect(ofKind("stall")).toHaveLength(1);
    gate.resolve();
    await run;
  });

  it("writes stalls and the warnings of these packages", async () => {
    record({ stallAfter: 400 });
    recorder.attach(() => log);
    const gate = Promise.withResolvers<void>();
    const run = runJobs([() => gate.promise], { desc: "loading" });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ofKind("stall")).toMatchObject([
      { report: expect.stringContaining("nothing has moved for 0.4 s") },
    ]);
    const warning = Object.assign(new Error("1 job(s) ignored the abort"), { code: "LLX_JOBS_ABANDONED" });
    process.emit("warning", warning);
    process.emit("warning", Object.assign(new Error("other"), { code: "DEP0001" }));
    expect(ofKind("warning")).toMatchObject([
      { code: "LLX_JOBS_ABANDONED", message: "1 job(s) ignored the abort" },
    ]);
    gate.resolve();
    await run;
  });

  it("gives up with a warning where the file cannot be written, and the work continues", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    record();
    recorder.attach(() => {
      throw new Error("ENOSPC: no space left");
    });
    expect(await manager.event("query", () => 5)).toBe(5);
    vi.advanceTimersByTime(1_000);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      "the record cannot be written any more: Error: ENOSPC: no space left",
      { type: "DevtoolsRecordFailed", code: "LLX_DEVTOOLS_RECORD" },
    );
    warn.mockRestore();
  });

  it("leaves no timer and no listener", () => {
    const listeners = process.listenerCount("warning");
    record();
    recorder.attach(() => log);
    recorder.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(process.listenerCount("warning")).toBe(listeners);
  });
});
