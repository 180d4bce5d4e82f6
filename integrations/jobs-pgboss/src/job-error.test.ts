import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFinal, jobError } from "./job-error.ts";

const refuse = (): never => {
  throw new Error("not to be read");
};

/** An error one of whose properties throws when it is read. */
function without(property: string): Error {
  return Object.defineProperty(new RangeError("no room"), property, { get: refuse });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe("what is stored of a thrown value", () => {
  it.each([
    [new RangeError("no room"), { name: "RangeError", message: "no room", stack: expect.any(String) }],
    ["a\0b\uD800", { name: "Error", message: "a\uFFFDb\uFFFD" }],
    [undefined, { name: "Error", message: "a value was thrown that cannot be described" }],
    [null, { name: "Error", message: "null" }],
    [Symbol("s"), { name: "Error", message: "Symbol(s)" }],
    [{ message: "by its shape" }, { name: "Error", message: "by its shape" }],
    [Object.assign(new Error("m"), { name: Symbol("n"), stack: "" }), { name: "Symbol(n)", message: "m" }],
    [Object.create(null), { name: "Error", message: "a value was thrown that cannot be described" }],
    [{ toString: refuse }, { name: "Error", message: "a value was thrown that cannot be described" }],
    // Its stack, which contains the name, cannot be read either.
    [without("name"), { name: "Error", message: "no room" }],
    [without("stack"), { name: "RangeError", message: "no room" }],
    [{ message: { toString: refuse } }, { name: "Error", message: "the message cannot be read" }],
  ])("is text: %#", (thrown: unknown, error) => {
    expect(jobError(thrown)).toEqual(error);
  });

  it("is text even if all access throws", () => {
    const message = "a value was thrown that cannot be described";
    expect(jobError(revoked())).toEqual({ name: "Error", message });
  });

  it("is no more than needed", () => {
    expect(jobError("x".repeat(20_000)).message).toHaveLength(10_000);
  });

  it("exists for any thrown value, and can be stored", () => {
    const strange = fc.oneof(
      fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }),
      fc.constantFrom("name", "message", "stack", "retryable").map(without),
      fc.constant(refuse),
      fc.record({ name: fc.anything(), message: fc.anything(), stack: fc.anything() }),
    );
    fc.assert(
      fc.property(strange, (thrown) => {
        const error = jobError(thrown);
        expect(JSON.parse(JSON.stringify(error))).toEqual(error);
        for (const text of Object.values(error)) expect(text).not.toContain("\0");
        expect(typeof isFinal(thrown)).toBe("boolean");
      }),
      { numRuns: 1_000 },
    );
  });
});

it("is final if the error says so, but not if it cannot be read", () => {
  expect(isFinal(Object.assign(new Error("m"), { retryable: false }))).toBe(true);
  expect(isFinal(new Error("m"))).toBe(false);
  for (const thrown of [undefined, null, "false", without("retryable"), revoked()]) {
    expect(isFinal(thrown)).toBe(false);
  }
});
