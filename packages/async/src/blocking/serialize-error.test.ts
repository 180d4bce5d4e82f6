import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { serializeError, deserializeError } from "./serialize-error.ts";

/** Serialises, clones as a message between threads does, and deserialises. */
const sent = (value: unknown): unknown => deserializeError(structuredClone(serializeError(value)));

class HttpError extends Error {
  readonly status = 503;
}

class NamedError extends RangeError {
  override name = "NamedError";
}

const named = (error: unknown): [string, string] => [(error as Error).name, (error as Error).message];

describe("an error", () => {
  it("keeps message, stack, properties and name", () => {
    const error = Object.assign(new HttpError("busy"), { retryAfter: [1, 2], detail: { of: "it" } });
    const back = sent(error) as HttpError;
    expect(back).toBeInstanceOf(Error);
    expect(named(back)).toEqual(["HttpError", "busy"]);
    expect(back.stack).toBe(error.stack);
    expect(Object.fromEntries(Object.entries(back))).toEqual({
      status: 503,
      retryAfter: [1, 2],
      detail: { of: "it" },
    });
  });

  it.each([
    ["TypeError", new TypeError("x"), TypeError],
    ["SyntaxError", new SyntaxError("x"), SyntaxError],
    ["NamedError", new NamedError("x"), RangeError],
    ["URIError", new URIError("x"), URIError],
    ["Busy", Object.assign(new HttpError("x"), { name: "Busy", status: undefined }), Error],
    ["Error", new Error("x"), Error],
  ])("%s is of the built-in class that it is or extends", (name, error, kind) => {
    const back = sent(error) as Error;
    expect(back).toBeInstanceOf(kind);
    expect(back.name).toBe(name);
    // A name is not printed as a property, and the default one is not set at all.
    expect(Object.keys(back)).toEqual(name === "Busy" ? ["status"] : []);
    expect(Object.hasOwn(back, "name")).toBe(back.name !== kind.name);
  });

  it("of the platform keeps its name", () => {
    const back = sent(new DOMException("late", "TimeoutError")) as DOMException;
    expect(back).toBeInstanceOf(DOMException);
    expect([named(back), back.code]).toEqual([["TimeoutError", "late"], 23]);
  });

  it("keeps its cause non-enumerable", () => {
    const error = new Error("outer", { cause: new HttpError("inner") });
    const back = sent(error) as Error;
    expect(named(back.cause)).toEqual(["HttpError", "inner"]);
    expect(Object.keys(back)).toEqual([]);
    expect("cause" in (sent(new Error("alone")) as Error)).toBe(false);
    expect(sent(new Error("because of nothing", { cause: undefined })) as object).toHaveProperty(
      "cause",
      undefined,
    );
  });

  it("with several errors keeps them all", () => {
    const back = sent(new AggregateError([new NamedError("a"), "b"], "both")) as AggregateError;
    expect(back).toBeInstanceOf(AggregateError);
    expect(named(back.errors[0])).toEqual(["NamedError", "a"]);
    expect(back.errors[1]).toBe("b");
  });

  it.skipIf(typeof SuppressedError === "undefined")("that was suppressed is kept", () => {
    const back = sent(
      new SuppressedError(new HttpError("later"), new Error("first"), "two"),
    ) as SuppressedError;
    expect(back).toBeInstanceOf(SuppressedError);
    expect([named(back.error), named(back.suppressed)]).toEqual([
      ["HttpError", "later"],
      ["Error", "first"],
    ]);
  });

  it("within a property stays an error", () => {
    const siblingErrors = [
      { index: 3, error: new HttpError("sibling") },
      Object.assign(Object.create(null) as { index: number; error: Error }, {
        index: 4,
        error: new HttpError("other"),
      }),
    ];
    const back = sent(Object.assign(new Error("first"), { siblingErrors })) as {
      siblingErrors: typeof siblingErrors;
    };
    expect(named(back.siblingErrors[0]!.error)).toEqual(["HttpError", "sibling"]);
    expect(named(back.siblingErrors[1]!.error)).toEqual(["HttpError", "other"]);
    expect(back.siblingErrors.map(({ index }) => index)).toEqual([3, 4]);
  });

  it("may be part of a cycle", () => {
    const error = new Error("outer");
    error.cause = new Error("inner", { cause: error });
    const list: unknown[] = [];
    list.push(list);
    const record: Record<string, unknown> = {};
    record["self"] = record;
    Object.assign(error, { list, record });
    const back = sent(error) as Error & { list: unknown[]; record: { self: unknown } };
    expect((back.cause as Error).cause).toBe(back);
    expect(back.list[0]).toBe(back.list);
    expect(back.record.self).toBe(back.record);
  });

  it("describes values that cannot be cloned or read", () => {
    const error = Object.assign(new Error("x"), { response: { send() {}, status: 500 } });
    Object.defineProperty(error, "broken", {
      enumerable: true,
      get() {
        throw new Error("no");
      },
    });
    expect({ ...(sent(error) as object) }).toEqual({
      response: { send: "[a function, which cannot be cloned]", status: 500 },
      broken: "[a property that cannot be read]",
    });
  });

  it("does not mistake a property for its prototype", () => {
    const back = sent(Object.assign(new Error("x"), JSON.parse('{ "detail": { "__proto__": 1 } }'))) as {
      detail: object;
    };
    expect(Object.getPrototypeOf(back.detail)).toBe(Object.prototype);
    expect(Object.keys(back.detail)).toEqual(["__proto__"]);
  });

  it("stays an error without a class name, without a class, or made without its constructor", () => {
    const Anonymous = (() => class extends Error {})();
    expect(named(sent(new Anonymous("x")))).toEqual(["Error", "x"]);
    const bare = Object.setPrototypeOf(new Error("bare"), null) as Error;
    expect(sent(bare)).toBeInstanceOf(Error);
    expect(inspect(sent(bare))).toContain("bare");
    const odd = Object.assign(new Error("x"), { message: { code: 1 } });
    expect(named(sent(odd))).toEqual(["Error", "[object Object]"]);
    const made = Object.assign(Object.create(TypeError.prototype) as Error, { message: "made" });
    expect(sent(made)).toBeInstanceOf(TypeError);
    expect(named(sent(made))).toEqual(["TypeError", "made"]);
  });
});

describe("a value that is not an error", () => {
  it.each([
    undefined,
    null,
    0,
    "text",
    new Map([[1, new Set([2])]]),
    Uint8Array.of(1),
    [1, [2]],
    { a: { b: 1 } },
  ])("is itself: %o", (value) => {
    expect(sent(value)).toEqual(value);
  });
});
