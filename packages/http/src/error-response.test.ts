import * as fc from "fast-check";
import { expect, it } from "vitest";
import { errorInBody, statusError } from "./error-response.ts";
import { ApiError } from "./index.ts";

const answer = (status: number, headers: Readonly<Record<string, string>> = {}) => ({
  provider: "Example",
  url: new URL("https://a.example/v1?key=k"),
  head: {
    status,
    requestId: undefined,
    rateLimits: undefined,
    header: (name: string): string | undefined => headers[name],
  },
  attempt: undefined,
  readError: undefined,
  readWait: undefined,
  redact: (words: string): string => words,
});

/** Names that are read, with arbitrary values. */
const name = fc.constantFrom("error", "errors", "message", "detail", "loc", "msg", "code", "status", "type");
const hostile = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(name, tie("value"), { noNullPrototype: true, maxKeys: 4 }),
  ),
})).value;

it("creates an error from any response", () => {
  const status = fc.constantFrom(300, 307, 400, 404, 424, 429, 500, 503, 529, 999);
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    hostile.map((value) => JSON.stringify(value)),
    fc.tuple(hostile, fc.nat(50)).map(([value, at]) => JSON.stringify(value).slice(0, at)),
  );
  fc.assert(
    fc.property(status, text, fc.string(), (given, body, location) => {
      const error = statusError(answer(given, { location }), body);
      expect(error).toBeInstanceOf(ApiError);
      expect(error.message).toMatch(new RegExp(`^Example responded with ${given}`));
      expect(error.refused && !error.retryable).toBe(false);
    }),
  );
  fc.assert(
    fc.property(hostile, (json) => {
      expect(errorInBody(answer(200), json).message).toMatch(/^Example responded with 200 and an error/);
    }),
  );
}, 30_000);

it.each([
  "/",
  "per ",
  "retry ",
  "try again in 5m ",
  "quota ",
  ", 'input",
  "[",
  '{"a":[',
  "1:",
  "5 and ",
  "https://",
])("is not held up by so many of %j", (part) => {
  for (const filler of ["", " ", "0", part]) {
    const long = (part + filler.repeat(60_000)).slice(0, 60_000);
    expect(statusError(answer(429), long).status).toBe(429);
    expect(statusError(answer(429), JSON.stringify({ message: long, type: part + filler })).status).toBe(429);
  }
});
