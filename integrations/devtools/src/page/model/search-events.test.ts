import { expect, it } from "vitest";
import { RunModel } from "./run-model.ts";
import { searchEvents } from "./search-events.ts";

const model = new RunModel();
model.add({
  kind: "event",
  id: "a",
  type: "llm",
  trace: "t",
  time: 0,
  end: 5,
  status: "ok",
  payload: { model: "Large" },
});
model.add({
  kind: "event",
  id: "b",
  type: "retrieve",
  trace: "t",
  time: 0,
  end: 9,
  status: "ok",
  tags: { tenant: "large" },
});
model.add({
  kind: "event",
  id: "c",
  type: "query",
  trace: "t",
  time: 0,
  end: 7,
  status: "error",
  error: { name: "HttpError", message: "too LARGE" },
});

const find = (text: string, failedOnly = false, most?: number): string[] =>
  searchEvents(model.events, { text, failedOnly }, 0, most).found.map(({ id }) => id);

it("finds a word in types, payloads, tags and errors, slowest first", () => {
  expect(find("large")).toEqual(["b", "c", "a"]);
  expect(find("  RETRIEVE ")).toEqual(["b"]);
  expect(find("httperror")).toEqual(["c"]);
  expect(find("nowhere")).toEqual([]);
});

it("finds what failed", () => {
  expect(find("", true)).toEqual(["c"]);
});

it("lists only so many, and counts all", () => {
  expect(searchEvents(model.events, { text: "large", failedOnly: false }, 0, 1)).toMatchObject({ count: 3 });
  expect(find("large", false, 1)).toEqual(["b"]);
});
