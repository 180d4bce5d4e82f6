import { expect, it } from "vitest";
import { isUnbilled } from "./is-unbilled.ts";

const error = (facts: object): Error => Object.assign(new Error("failed"), facts);

it.each<[string, unknown, boolean]>([
  ["a refusal", error({ refused: true }), true],
  ["429", error({ status: 429 }), true],
  ["400", error({ status: 400 }), true],
  ["429, as other libraries have it", error({ statusCode: 429 }), true],
  ["500", error({ status: 500 }), true],
  ["a server that is not there", new Error("fetch failed", { cause: error({ code: "ECONNREFUSED" }) }), true],
  ["a name that is not there", error({ code: "ENOTFOUND" }), true],
  ["a lost connection", new Error("fetch failed", { cause: error({ code: "ECONNRESET" }) }), false],
  ["a time-out", new DOMException("too late", "TimeoutError"), false],
  ["an abort", new DOMException("stopped", "AbortError"), false],
  ["an invalid response", error({ status: 200 }), false],
  ["no error", undefined, false],
  ["a circle of causes", circle(), false],
])("%s", (_what, failure, expected) => {
  expect(isUnbilled(failure)).toBe(expected);
});

function circle(): Error {
  const one = new Error("one");
  one.cause = one;
  return one;
}
