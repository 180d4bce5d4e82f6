import { describe, expect, it } from "vitest";
import { isRefusal } from "../index.ts";
import { limitIntervalOf } from "./is-refusal.ts";

const error = (properties: object, message = "failed"): Error =>
  Object.assign(new Error(message), properties);

const unreadable = Object.defineProperty(new Error("failed"), "status", {
  get: () => {
    throw new Error("no");
  },
});

describe("a refusal", () => {
  it.each([
    ["429", error({ status: 429 }), true],
    ["429 by the name that others have for it", error({ statusCode: 429 }), true],
    ["429 in the response, as axios has it", error({ response: { status: 429 } }), true],
    ["429 in the metadata, as AWS has it", error({ $metadata: { httpStatusCode: 429 } }), true],
    ["429 that waiting does not mend", error({ status: 429, retryable: false }), false],
    ["503 alone", error({ status: 503 }), false],
    ["503 with a wait", error({ status: 503, retryAfter: 5 }), true],
    ["503 with words", error({ status: 503 }, "The model is overloaded"), true],
    [
      "503 with a wait in its headers",
      error({ status: 503, headers: new Headers({ "retry-after": "5" }) }),
      true,
    ],
    ["503 with other headers", error({ status: 503, headers: new Headers({ date: "today" }) }), false],
    ["529 with words", error({ status: 529 }, "Too many requests in flight"), true],
    ["503 while a model is loaded", error({ status: 503 }, "Model mini is currently loading"), true],
    ["500 with words", error({ status: 500 }, "overloaded"), false],
    ["what says so itself", error({ refused: true, status: 200 }), true],
    ["what says that it is none", error({ refused: false, status: 429 }), false],
    ["the cause of an error", error({ cause: error({ status: 429 }) }), true],
    ["a time-out", new DOMException("late", "TimeoutError"), false],
    ["nothing", undefined, false],
    ["an error that cannot be read", unreadable, false],
  ])("%s", (_what, thrown, expected) => {
    expect(isRefusal(thrown)).toBe(expected);
  });

  it("may name its window, itself or in its cause", () => {
    expect(limitIntervalOf(error({ limitInterval: 60_000 }))).toBe(60_000);
    expect(limitIntervalOf(error({ cause: error({ limitInterval: 1_000 }) }))).toBe(1_000);
    expect([{ limitInterval: 0 }, { limitInterval: "minute" }, null].map(limitIntervalOf)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
