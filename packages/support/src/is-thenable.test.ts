import { describe, expect, it } from "vitest";
import { isThenable } from "./is-thenable.ts";

const then = (take: (value: number) => void): void => take(1);

describe("isThenable", () => {
  it.each<[string, unknown]>([
    ["a promise", Promise.resolve()],
    ["an object with then", { then }],
    ["a function with then", Object.assign(() => {}, { then })],
    ["an object that inherits then", Object.create({ then })],
    ["an object without a prototype", Object.assign(Object.create(null), { then })],
  ])("takes %s, as await does", async (_name, value) => {
    expect(isThenable(value)).toBe(true);
    expect(await value).not.toBe(value);
  });

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a string", "then"],
    ["a function", () => {}],
    ["an object", {}],
    ["then that is no function", { then: true }],
  ])("does not take %s", async (_name, value) => {
    expect(isThenable(value)).toBe(false);
    expect(await value).toBe(value);
  });
});
