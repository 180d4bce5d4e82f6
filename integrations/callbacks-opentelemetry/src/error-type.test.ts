import { RateLimitError } from "@llx/http";
import { describe, expect, it } from "vitest";
import { errorName, ErrorTypes, errorType } from "./error-type.ts";

describe("the type of an error", () => {
  it("is the status of an error response", () => {
    const refused = new RateLimitError("slow down", { provider: "Heroku", status: 429, retryable: true });
    expect(errorType(refused)).toBe("429");
    expect(errorName(refused)).toBe("RateLimitError");
  });

  it.each([
    [new TypeError("x"), "TypeError"],
    [Object.assign(new RangeError("x"), { status: 200 }), "RangeError"],
    [new (class QuotaError extends Error {})("x"), "QuotaError"],
    [Object.assign(new Error("x"), { name: "the text: a b c" }), "_OTHER"],
    ["a text that was thrown", "_OTHER"],
    [undefined, "_OTHER"],
  ])("%o is %s", (error, type) => {
    expect(errorType(error)).toBe(type);
  });

  it("is a fallback for an error that cannot be read", () => {
    const refuse = (): never => {
      throw new Error("not to be read");
    };
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const nameless = Object.defineProperty(new Error("x"), "name", { get: refuse });
    const statusless = Object.defineProperty(new TypeError("x"), "status", { get: refuse });
    expect([proxy, nameless, Object.create(null)].map(errorType)).toEqual(["_OTHER", "_OTHER", "_OTHER"]);
    expect(errorType(statusless)).toBe("TypeError");
  });

  it("is known for events that an error passes through, of the latest thousand", () => {
    const types = new ErrorTypes();
    const thrownIn = (id: string): string =>
      types.of({ id, error: new TypeError("x"), errorEventId: undefined });
    const passedFrom = (errorEventId: string): string =>
      types.of({ id: "above", error: undefined, errorEventId });
    expect(thrownIn("first")).toBe("TypeError");
    for (let index = 1; index < 1000; index++) thrownIn(`event ${index}`);
    expect(passedFrom("first")).toBe("TypeError");
    thrownIn("one more");
    expect(passedFrom("first")).toBe("_OTHER");
    expect(passedFrom("one more")).toBe("TypeError");
  });
});
