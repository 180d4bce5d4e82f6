import { expect, it } from "vitest";
import { retryAfterOf } from "./retry-after-of.ts";

const error = (properties: object): Error => Object.assign(new Error("failed"), properties);

it.each<[string, unknown, number | undefined]>([
  ["a number of milliseconds", error({ retryAfter: 250 }), 250],
  ["the text of a header, in seconds", error({ retryAfter: "2" }), 2_000],
  ["a response of fetch that is thrown", new Response("", { headers: { "retry-after": "3" } }), 3_000],
  ["the headers of fetch", error({ headers: new Headers({ "Retry-After-Ms": "40" }) }), 40],
  ["an object of headers", error({ headers: { "retry-after": "4" } }), 4_000],
  ["the response of axios", error({ response: { headers: { "retry-after": "5" } } }), 5_000],
  ["the headers of the AI SDK", error({ responseHeaders: { "retry-after": "6" } }), 6_000],
  ["the response of AWS", error({ $response: { headers: { "retry-after": "7" } } }), 7_000],
  ["the first that has it", error({ headers: {}, response: { headers: { "retry-after": "8" } } }), 8_000],
  ["a number before a header", error({ retryAfter: 9, headers: { "retry-after": "10" } }), 9],
  ["a cause", error({ cause: error({ retryAfter: 11 }) }), 11],
  ["zero", error({ retryAfter: 0 }), undefined],
  ["words", error({ retryAfter: "soon" }), undefined],
  ["a list of headers", error({ headers: ["retry-after"] }), undefined],
  [
    "headers that cannot be read",
    error({
      headers: {
        get: () => {
          throw new Error("no");
        },
      },
    }),
    undefined,
  ],
  ["nothing", undefined, undefined],
])("reads %s", (_what, thrown, expected) => {
  expect(retryAfterOf(thrown)).toBe(expected);
});
