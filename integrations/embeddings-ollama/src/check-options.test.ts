import { describe, expect, it } from "vitest";
import { checkKeepAlive, checkModelOptions } from "./check-options.ts";

describe("keepAlive", () => {
  it.each([undefined, 0, -1, 60, 0.5, "0", "10m", "-1m", "1h30m", "1.5h", "500ms"])("may be %j", (value) => {
    expect(() => checkKeepAlive(value)).not.toThrow();
  });

  it.each([
    ["60", '"60"'],
    ["-1", '"-1"'],
    ["", '""'],
    ["ten minutes", '"ten minutes"'],
    ["1d", '"1d"'],
    [Number.NaN, '"NaN"'],
    [null, "object"],
  ])("cannot be %j", (value, shown) => {
    expect(() => checkKeepAlive(value)).toThrow(
      new TypeError(
        `keepAlive must be a number of seconds, or a duration such as "10m" or "1h30m", not ${shown}`,
      ),
    );
  });
});

describe("modelOptions", () => {
  it("are an object", () => {
    expect(() => checkModelOptions({ num_ctx: 8192 })).not.toThrow();
    expect(() => checkModelOptions(undefined)).not.toThrow();
    for (const wrong of [null, [], "num_ctx=8192"]) {
      expect(() => checkModelOptions(wrong)).toThrow(
        new TypeError("modelOptions must be an object such as { num_ctx: 8192 }"),
      );
    }
  });
});
