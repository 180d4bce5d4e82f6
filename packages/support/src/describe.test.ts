import { describe as group, expect, it } from "vitest";
import { describe, describeKind, describeThrown } from "./describe.ts";

const failing = (): never => {
  throw new Error("must not be read");
};
const throwsForAll: ProxyHandler<object> = {
  get: failing,
  has: failing,
  getPrototypeOf: failing,
  ownKeys: failing,
};
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Values that throw when they are read, or lack what most values have. */
const hostile: [string, object, string][] = [
  ["Object.create(null)", Object.create(null) as object, "an object (no class)"],
  [
    "a class without a name",
    new (class {
      readonly field = 1;
    })(),
    "an object (no class)",
  ],
  ["a generator", (function* () {})(), "an object (Generator)"],
  ["a constructor that is null", { constructor: null }, "an object (no class)"],
  ["a symbol as the name of a class", { constructor: { name: Symbol("secret") } }, "an object (no class)"],
  [
    "a getter that throws",
    Object.defineProperty({}, "constructor", { get: failing }),
    "an object (unreadable)",
  ],
  [
    "a class whose name throws",
    { constructor: Object.defineProperty({}, "name", { get: failing }) },
    "an object (unreadable)",
  ],
  ["a proxy that throws", new Proxy({}, throwsForAll), "an object (unreadable)"],
  ["a revoked proxy", revoked(), "an object (unreadable)"],
  ["a proxy of a function that throws", new Proxy(() => {}, throwsForAll), "a function"],
];

group("what a message shows of a value", () => {
  it.each<[unknown, string]>([
    [undefined, "undefined"],
    [null, "null"],
    [7, "number 7"],
    [Number.NaN, "number NaN"],
    [7n, "bigint 7"],
    [false, "boolean false"],
    [Symbol("s"), "symbol Symbol(s)"],
    ["", 'the string ""'],
    ['a "word"\n', String.raw`the string "a \"word\"\n"`],
    ["x".repeat(41), `the string "${"x".repeat(40)}"`],
    [() => 1, "a function"],
    [[1], "an object (Array)"],
    [new Map(), "an object (Map)"],
  ])("%o", (value, words) => {
    expect(describe(value)).toBe(words);
  });

  it.each(hostile)("does not throw for %s", (_name, value, words) => {
    expect(describe(value)).toBe(words);
  });
});

group("describeKind", () => {
  it.each<[unknown, string]>([
    ["", "an empty string"],
    ["sk-secret", "a string"],
    [{ key: "sk-secret" }, "an object (Object)"],
    [["sk-secret"], "an object (Array)"],
  ])("shows no content of %o", (value, words) => {
    expect(describeKind(value)).toBe(words);
  });

  it.each(hostile)("does not throw for %s", (_name, value, words) => {
    expect(describeKind(value)).toBe(words);
  });
});

group("describeThrown", () => {
  it.each<[unknown, string]>([
    [new RangeError("of 3"), "RangeError: of 3"],
    [Object.assign(new Error("late"), { name: "TimeoutError" }), "TimeoutError: late"],
    ["text", 'the string "text"'],
    [undefined, "undefined"],
    [{ status: 503 }, "an object (Object)"],
  ])("%o", (thrown, words) => {
    expect(describeThrown(thrown)).toBe(words);
  });

  it.each<[string, unknown]>([
    ["an error whose message throws", Object.defineProperty(new Error("a"), "message", { get: failing })],
    ["an error whose toString throws", Object.assign(new Error("a"), { toString: failing })],
    ["an error whose name is a symbol", Object.assign(new Error("a"), { name: Symbol("s") })],
    ["a proxy that throws", new Proxy(new Error("a"), throwsForAll)],
    ["a revoked proxy", revoked()],
  ])("is a value that cannot be read for %s", (_name, thrown) => {
    expect(describeThrown(thrown)).toBe("a value that cannot be read");
  });
});
