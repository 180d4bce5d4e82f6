import { describe, expect, it } from "vitest";
import { errorProperty, hasCode, statusOf } from "./error-property.ts";

const failing = (): never => {
  throw new Error("must not be read");
};

describe("errorProperty", () => {
  it("reads own and inherited properties, of objects and of functions", () => {
    expect(errorProperty(Object.assign(new Error("a"), { status: 429 }), "status")).toBe(429);
    expect(errorProperty(new TypeError("a"), "name")).toBe("TypeError");
    expect(
      errorProperty(
        Object.assign(() => {}, { code: "E" }),
        "code",
      ),
    ).toBe("E");
  });

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a string", "text"],
    ["an object without it", {}],
    ["a getter that throws", Object.defineProperty({}, "name", { get: failing })],
    ["a proxy that throws", new Proxy({}, { get: failing })],
  ])("is undefined for %s", (_name, value) => {
    expect(errorProperty(value, "name")).toBeUndefined();
  });
});

describe("hasCode", () => {
  const codes = new Set(["ECONNREFUSED", "ENOTFOUND"]);
  it.each<[unknown, boolean]>([
    [{ code: "ENOTFOUND" }, true],
    [new Error("a", { cause: new Error("b", { cause: { code: "ECONNREFUSED" } }) }), true],
    [{ code: "ECONNRESET" }, false],
    [new Error("a"), false],
    ["ENOTFOUND", false],
    [undefined, false],
  ])("of %o is %s", (error, found) => {
    expect(hasCode(error, codes)).toBe(found);
  });

  it("ends with an error that is its own cause", () => {
    const error: { cause?: unknown } = {};
    error.cause = error;
    expect(hasCode(error, codes)).toBe(false);
  });
});

describe("statusOf", () => {
  it.each<[unknown, number | undefined]>([
    [{ status: 429 }, 429],
    [{ statusCode: 503 }, 503],
    [{ status: 429, statusCode: 503 }, 429],
    [{ status: "429" }, undefined],
    [{ status: "failed", statusCode: 503 }, undefined],
    [new Error("429"), undefined],
    [undefined, undefined],
  ])("of %o is %s", (error, status) => {
    expect(statusOf(error)).toBe(status);
  });
});
