import { expect, it } from "vitest";
import { errorFacts } from "./error-facts.ts";

it.each([
  ["a number", { error: { code: 503 } }, 503],
  ["a string", { error: { code: "429" } }, 429],
  ["of the error before that beside it", { code: 500, error: { status: 404 } }, 404],
  ["beside the error", { error: "a", statusCode: 401 }, 401],
  ["of the one in a list", [{ error: { code: 400 } }], 400],
  ["that is no status", { error: { code: 1300, status: "RESOURCE_EXHAUSTED" } }, undefined],
  ["that is good", { status: 200 }, undefined],
  ["of nothing", undefined, undefined],
])("reads a code: %s", (_form, json, code) => {
  expect(errorFacts(json).code).toBe(code);
});

it.each([
  [{ error: { details: [{ retryDelay: "34.4s" }] } }, 34_400],
  [{ error: { details: [{ retryDelay: "0.001s" }] } }, 1],
  [{ retry_after: 5 }, 5000],
  [{ estimated_time: 20.5 }, 20_500],
  [{ message: '{"error":{"details":[{"retryDelay":"2s"}]}}' }, 2000],
  [{ retryDelay: "soon" }, undefined],
  [{ retryDelay: "0s" }, undefined],
  [{ retry_after: "5" }, undefined],
  [{ retry_after: 1e300 }, undefined],
  [{}, undefined],
])("reads the wait of %j", (json, wait) => {
  expect(errorFacts(json).wait).toBe(wait);
});

it("collects codes, and reads no more of a body than necessary", () => {
  expect(errorFacts({ error: { type: "tokens", code: "a", message: "b", x: { quotaId: "c" } } }).marks).toBe(
    "tokens\na\nc",
  );
  expect(errorFacts({ type: "a".repeat(201) }).marks).toBe("");
  const deep = JSON.parse(`${'{"a":'.repeat(50_000)}{"type":"b"}${"}".repeat(50_000)}`) as unknown;
  expect(errorFacts(deep).marks).toBe("");
  const wide = { list: Array.from({ length: 1000 }, () => ({ x: {} })), last: { type: "a" } };
  expect(errorFacts(wide).marks).toBe("");
});
