import { expect, it } from "vitest";
import type { DevtoolsRecord, EventRecord } from "../../record/devtools-record.ts";
import { RunModel } from "./run-model.ts";
import { marksOf, troublesOf } from "./troubles.ts";

function modelOf(...records: readonly DevtoolsRecord[]): RunModel {
  const model = new RunModel();
  for (const record of records) model.add(record);
  return model;
}

const deadlock = (time: number, message: string): DevtoolsRecord => ({
  kind: "deadlock",
  source: "1",
  time,
  message,
});
const failed = (id: string, end: number, name: string, message: string): EventRecord => ({
  kind: "event",
  id,
  type: "query",
  trace: "t",
  time: end - 5,
  end,
  status: "error",
  error: { name, message },
});

it("lists a deadlock once, with the events that it has failed, or without any", () => {
  const model = modelOf(
    deadlock(20, "deadlock: a.js:3 holds 1 of accounts"),
    failed("a", 21, "DeadlockError", "deadlock: a.js:3 holds 1 of accounts"),
    deadlock(30, "deadlock: a.js:9 holds 1 of accounts"),
    deadlock(40, "deadlock: job 7 waits for 1 of books"),
    failed("b", 50, "RangeError", "too many"),
  );
  const { deadlocks, errors, count } = troublesOf(model);
  expect(deadlocks).toMatchObject([
    { time: 20, count: 2, events: { count: 1, first: { id: "a" } } },
    { time: 40, count: 1, events: undefined },
  ]);
  expect(errors.map(({ name }) => name)).toEqual(["RangeError"]);
  expect(count).toBe(3);
  expect(marksOf(model)).toEqual([
    { time: 20, word: "deadlock" },
    { time: 30, word: "deadlock" },
    { time: 40, word: "deadlock" },
  ]);
});

it("knows a deadlock by the error alone, as spans of OpenTelemetry have it", () => {
  const model = modelOf(failed("a", 21, "DeadlockError", "deadlock: job 1"));
  expect(troublesOf(model)).toMatchObject({ deadlocks: [{ time: 21, count: 1 }], errors: [], count: 1 });
  expect(marksOf(model)).toEqual([{ time: 21, word: "deadlock" }]);
});

it("marks stalls, and deadlocks that are only suspected, within the time of the run", () => {
  const model = modelOf(
    { kind: "stall", source: "1", time: 5, report: "nothing has moved" },
    { kind: "warning", source: "1", time: 8, code: "LLX_DEADLOCK_SUSPECTED", message: "suspected" },
    { kind: "warning", source: "1", time: 9, code: "LLX_JOBS_ABANDONED", message: "1 job" },
  );
  expect(marksOf(model)).toEqual([
    { time: 5, word: "stall" },
    { time: 8, word: "deadlock suspected" },
  ]);
  expect([model.from, model.to]).toEqual([5, 9]);
});
