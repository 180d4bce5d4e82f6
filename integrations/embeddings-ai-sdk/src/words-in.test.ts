import { expect, it } from "vitest";
import { wordsIn } from "./words-in.ts";

it.each([
  [
    { error: { message: "No quota.", type: "insufficient_quota", param: null, code: "x" } },
    "No quota. insufficient_quota x",
  ],
  [{ detail: "too many tokens per minute" }, "too many tokens per minute"],
  [{ detail: [{ loc: ["body", "input"], msg: "field required", input: "a text" }] }, "field required"],
  [
    [{ error: { code: 429, message: "Quota exceeded", status: "RESOURCE_EXHAUSTED" } }],
    "Quota exceeded RESOURCE_EXHAUSTED",
  ],
  [{ success: false, errors: [{ code: 3040, message: "Capacity exceeded" }] }, "Capacity exceeded"],
  [{ details: [{ violations: [{ quotaId: "RequestsPerMinute" }] }] }, "RequestsPerMinute"],
  [{ error: "overloaded" }, "overloaded"],
  [{ message: "x".repeat(3_000) }, "x".repeat(2_000)],
  [{ data: { input: "a text" } }, ""],
  ["a text", ""],
  [null, ""],
  [undefined, ""],
])("%j says %j", (body, words) => {
  expect(wordsIn(body)).toBe(words);
});

it("goes no deeper than bodies of errors are", () => {
  let body: unknown = { message: "deep" };
  for (let depth = 0; depth < 5; depth++) body = { inside: body };
  expect(wordsIn(body)).toBe("deep");
  expect(wordsIn({ inside: body })).toBe("");
});
