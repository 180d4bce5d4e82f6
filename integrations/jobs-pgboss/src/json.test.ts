import { describe, expect, it } from "vitest";
import { toJson } from "./json.ts";

const json = (value: unknown, most = 1_000): string => toJson(value, () => "the thing", most);

describe("toJson", () => {
  it("accepts values that survive a JSON round trip", () => {
    const value = { a: [1, -2.5, "x", true, null, {}], "b c": { d: "é" } };
    expect(JSON.parse(json(value))).toEqual(value);
    expect(json(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
    expect(json(null)).toBe("null");
  });

  const cycle: unknown[] = [];
  cycle.push({ in: cycle });
  it.each([
    ["undefined", undefined, "it is undefined"],
    ["undefined within", { a: [1, undefined] }, "a[1] is undefined"],
    ["a function", { run: () => 1 }, "run is a function"],
    ["a BigInt", { a: { b: 1n } }, "a.b is bigint 1"],
    ["NaN", [Number.NaN], "[0] is number NaN"],
    ["infinity", Number.POSITIVE_INFINITY, "it is number Infinity"],
    ["a Date", { at: new Date(0) }, "at is an object (Date)"],
    ["a Map", new Map(), "it is an object (Map)"],
    ["a symbol", Symbol("s"), "it is symbol Symbol(s)"],
    ["NUL", { text: "a\0b" }, "text is a string with a NUL character"],
    ["half a pair", ["\ud800"], "[0] is a string with half a surrogate pair"],
    ["a hole", new Array(2), "[0] is undefined"],
    ["a cycle", cycle, "a cycle, or nested deeper than 200"],
  ])("refuses %s, and says where it is", (_, value, place) => {
    expect(() => json(value)).toThrow(TypeError);
    expect(() => json(value)).toThrow("the thing cannot be stored as JSON: ");
    expect(() => json(value)).toThrow(place);
  });

  it("counts bytes, and not characters", () => {
    expect(json("é".repeat(4), 10)).toBe('"éééé"'); // 8 bytes and 2 quotes
    const tooLarge = (): string => json("é".repeat(4), 9);
    expect(tooLarge).toThrow(RangeError);
    expect(tooLarge).toThrow("the thing takes 10 bytes as JSON, and 9 are allowed (maxPayload)");
  });

  it("marks its errors as not retryable", () => {
    expect(() => json(undefined)).toThrow(expect.objectContaining({ retryable: false }));
    expect(() => json("long", 1)).toThrow(expect.objectContaining({ retryable: false }));
  });
});
