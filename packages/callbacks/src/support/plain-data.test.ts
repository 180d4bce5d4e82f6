import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeError, plainData, plainFacts } from "./plain-data.ts";

const refuse = (): never => {
  throw new Error("not to be read");
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function nested(levels: number): object {
  let value: object = { bottom: true };
  for (let n = 0; n < levels; n++) value = { in: value };
  return value;
}

describe("plain data", () => {
  it("has a note in place of what cannot be written", () => {
    const value = {
      big: 12n,
      bigs: new BigInt64Array([1n]),
      symbol: Symbol("s"),
      get broken(): never {
        return refuse();
      },
      gone: revoked(),
      list: [revoked(), 1],
      json: { toJSON: refuse },
      fine: { a: [1, "b", null, true] },
      run: refuse,
    };
    expect(plainData(value)).toEqual({
      big: "12n",
      bigs: ["1n"],
      symbol: "Symbol(s)",
      broken: "[cannot be read]",
      gone: "[cannot be read]",
      list: ["[cannot be read]", 1],
      json: "[cannot be read]",
      fine: { a: [1, "b", null, true] },
    });
  });

  it("ends where a value contains itself, or is too deep", () => {
    const cycle: Record<string, unknown> = { n: 1 };
    cycle["self"] = [cycle];
    expect(plainData(cycle)).toEqual({ n: 1, self: ["[circular]"] });
    expect(inspect(plainData(nested(98)), { depth: 200 })).toContain("bottom");
    expect(JSON.stringify(plainData(nested(20_000)))).toContain("[deeper than 100 levels]");
    const endless = { toJSON: (): object => ({ ...endless }) };
    expect(plainData(endless)).toBe("[deeper than 100 levels]");
  });

  it("limits the expansion of shared parts", () => {
    let value: object = {};
    for (let n = 0; n < 60; n++) value = { left: value, right: value };
    expect(JSON.stringify(plainData(value))).toContain("[too large]");
  });

  it("can be written and sent, whatever the value", () => {
    const part = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withTypedArray: true,
      withSparseArray: true,
    });
    const strange = fc.record({
      part,
      trap: fc.constantFrom("get", "ownKeys", "has", "getPrototypeOf", "getOwnPropertyDescriptor"),
      error: fc.record({ name: part, message: part, toString: fc.constantFrom(refuse, undefined) }),
    });
    fc.assert(
      fc.property(strange, ({ trap, ...parts }) => {
        const value = { ...parts, proxy: new Proxy({ a: 1 }, { [trap]: refuse }) };
        const data = plainData(value);
        JSON.stringify(data);
        structuredClone(data);
        for (const thrown of Object.values(value)) {
          const { name, message } = describeError(thrown);
          expect([typeof name, typeof message]).toEqual(["string", "string"]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("of facts omits the content without reading it", () => {
    const payload = Object.defineProperty({ count: 2n }, "content", { get: refuse, enumerable: true });
    expect(plainFacts(payload)).toEqual({ count: "2n" });
    expect(plainFacts(revoked())).toEqual({});
  });
});

describe("a thrown value", () => {
  it.each([
    [new RangeError("no"), { name: "RangeError", message: "no" }],
    [Object.assign(new Error("no"), { name: undefined }), { name: "Error", message: "no" }],
    ["text", { name: "string", message: "text" }],
    [undefined, { name: "undefined", message: "undefined" }],
    [Object.create(null), { name: "object", message: "[cannot be read]" }],
    [
      Object.defineProperty(new Error("no"), "message", { get: refuse }),
      { name: "object", message: "[cannot be read]" },
    ],
    [Object.assign(new Error("no"), { name: Symbol("n") }), { name: "Symbol(n)", message: "no" }],
    [{ message: { toString: refuse } }, { name: "Error", message: "[cannot be read]" }],
  ])("is told in words: %#", (thrown: unknown, words) => {
    expect(describeError(thrown)).toEqual(words);
  });
});
