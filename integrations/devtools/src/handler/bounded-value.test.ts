import { describe, expect, it } from "vitest";
import { boundedValue, masked } from "./bounded-value.ts";

describe("boundedValue", () => {
  it("keeps plain data as it is", () => {
    const value = { topK: 3, name: "pages", nested: { list: [1, "two", null, true] } };
    expect(boundedValue(value)).toEqual(value);
  });

  it("cuts long texts and lists, and says how long they were", () => {
    const { text, list } = boundedValue({
      text: "ab ".repeat(1_000),
      list: Array.from({ length: 60 }, () => "x"),
    }) as {
      text: string;
      list: string[];
    };
    expect(text).toHaveLength(2_000 + "… (3000 characters)".length);
    expect(text).toMatch(/ab ab… \(3000 characters\)$/);
    expect(list).toHaveLength(51);
    expect(list.at(-1)).toBe("… 10 more");
  });

  it("says of vectors only how long they are", () => {
    expect(boundedValue({ a: new Float32Array(768), b: Array.from({ length: 9 }, () => 0.5) })).toEqual({
      a: "[Float32Array of 768 numbers]",
      b: "[9 numbers]",
    });
  });

  it("writes what JSON cannot hold", () => {
    expect(
      boundedValue([12n, Number.NaN, new Map([["a", 1]]), new Set([2]), Symbol("s"), new Date(0)]),
    ).toEqual(["12n", "NaN", [["a", 1]], [2], "[symbol]", "1970-01-01T00:00:00.000Z"]);
  });

  it("ends, whatever the shape", () => {
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    expect(JSON.stringify(boundedValue(circular))).toContain("[deeper]");
    const wide = Array.from({ length: 50 }, () => Array.from({ length: 50 }, () => "text ".repeat(400)));
    expect(JSON.stringify(boundedValue(wide)).length).toBeLessThan(60_000);
  });

  it("survives what throws when it is read", () => {
    const hostile = {
      good: 1,
      get bad(): never {
        throw new Error("no");
      },
    };
    expect(boundedValue({ hostile })).toEqual({ hostile: "[cannot be read]" });
  });
});

describe("masked", () => {
  it("masks what looks like a key, wherever a message quotes it", () => {
    const key = "abcdefghijklmnop1234";
    expect(masked(`Incorrect API key sk-${key}; Authorization: Bearer s3cret`)).toBe(
      "Incorrect API key [redacted]; Authorization: Bearer [redacted]",
    );
  });

  it("leaves other words alone", () => {
    const message = "text-embedding-3-small: 429 Too Many Requests (job 17)";
    expect(masked(message)).toBe(message);
  });
});
