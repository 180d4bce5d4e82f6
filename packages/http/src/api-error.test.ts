import { describe, expect, it, vi } from "vitest";
import * as errors from "./index.ts";
import { ApiError, ApiTimeoutError, RateLimitError, ServerError } from "./index.ts";

const details = { provider: "Example", retryable: true };

const kinds = Object.entries(errors).filter(([name]) => name.endsWith("Error")) as [
  string,
  typeof ApiError,
][];

describe("the errors of another copy of the package", () => {
  it("are instances of their classes", async () => {
    vi.resetModules();
    const copy = await import("./index.ts");
    expect(copy.ApiError).not.toBe(ApiError);
    expect(kinds).toHaveLength(10);
    for (const [name, kind] of kinds) {
      const theirs = new (Reflect.get(copy, name) as typeof ApiError)("no", details);
      const known = kinds.filter(([, each]) => theirs instanceof each).map(([each]) => each);
      expect(known.toSorted()).toEqual([...new Set(["ApiError", name])].toSorted());
      expect(new kind("no", details)).toBeInstanceOf(copy.ApiError);
    }
    class Theirs extends copy.RateLimitError {}
    expect(new Theirs("no", details)).toBeInstanceOf(RateLimitError);
    expect(new Theirs("no", details)).not.toBeInstanceOf(ServerError);
  });

  it("are not instances of a user's own class", () => {
    class Mine extends RateLimitError {}
    const mine = new Mine("no", details);
    expect(mine).toBeInstanceOf(Mine);
    expect(mine).toBeInstanceOf(RateLimitError);
    expect(mine).toBeInstanceOf(ApiError);
    expect(mine).not.toBeInstanceOf(ApiTimeoutError);
    expect(new RateLimitError("no", details)).not.toBeInstanceOf(Mine);
  });

  it.each([undefined, null, "ApiError", 5, new Error("no"), { name: "ApiError" }])("are not %o", (value) => {
    expect(value instanceof ApiError).toBe(false);
  });
});

it("have a form for logs, without stack and cause", () => {
  const error = new RateLimitError("Example responded with 429", {
    ...details,
    status: 429,
    requestId: "req-1",
    attempt: 2,
    refused: true,
    retryAfter: 1500,
    limitInterval: 60_000,
    rateLimits: { requests: { remaining: 0 } },
    cause: new Error("inner"),
  });
  expect(new ServerError("no", details)).toMatchObject({ refused: false, limitInterval: undefined });
  expect(error.rateLimits).toEqual({ requests: { remaining: 0 } });
  expect(JSON.parse(JSON.stringify({ error }))).toEqual({
    error: {
      name: "RateLimitError",
      message: "Example responded with 429 (after 2 requests)",
      provider: "Example",
      status: 429,
      requestId: "req-1",
      attempt: 2,
      retryable: true,
      refused: true,
      retryAfter: 1500,
      limitInterval: 60_000,
    },
  });
});
