import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { applyFault } from "./apply-fault.ts";
import type { FakeAsk, FakeService } from "./fake-service.ts";
import { fakeVector, fakeVectorOf } from "./fake-vector.ts";
import type { Fault, PlannedFault } from "./fault.ts";

/** Responds with its items as they are. */
const service: FakeService = {
  apiKey: "the-key-of-the-service",
  read: () => ask,
  answer: (items) => ({ status: 200, headers: { "x-model": "m" }, body: { items, usage: { tokens: 3 } } }),
  refuse: (status, message) => ({ status, body: { message } }),
};

const ask: FakeAsk = { texts: ["a", "b", "c"], dimensions: 2, elementType: "float", encoding: "json" };
const request = { method: "POST", path: "/", headers: { authorization: "secret" }, body: { input: ["a"] } };

const reply = (fault: PlannedFault, asked: FakeAsk = ask) =>
  applyFault({ service, request, ask: asked, fault, seed: 0 });

interface Item {
  readonly index: unknown;
  readonly embedding: readonly number[] | string;
}

const itemsOf = (fault: PlannedFault, asked?: FakeAsk): Item[] =>
  (reply(fault, asked).body as { items: Item[] }).items;

const vector = (text: string, dimensions = 2): number[] => Array.from(fakeVector(text, dimensions));

const base64 = (text: string): string => {
  const [x, y] = vector(text);
  const bytes = Buffer.alloc(8);
  bytes.writeFloatLE(x!, 0);
  bytes.writeFloatLE(y!, 4);
  return bytes.toString("base64");
};

const good: Item[] = ["a", "b", "c"].map((text, index) => ({ index, embedding: vector(text) }));

describe("a fault of the response", () => {
  it("may be none: all vectors in order", () => {
    const body = { items: good, usage: { tokens: 3 } };
    for (const fault of [undefined, "none", { kind: "delay", ms: 1 }] satisfies PlannedFault[]) {
      expect(reply(fault)).toEqual({ status: 200, headers: { "x-model": "m" }, body });
    }
    expect(itemsOf("none", { ...ask, encoding: "base64" })).toEqual(
      ["a", "b", "c"].map((text, index) => ({ index, embedding: base64(text) })),
    );
  });

  it("is a refusal, in the form of the service", () => {
    const headers = { "retry-after": "2" };
    expect(reply({ kind: "status", status: 429, message: "slow down", headers })).toEqual({
      status: 429,
      headers,
      body: { message: "slow down" },
    });
    expect(reply({ kind: "status", status: 503 }).body).toEqual({ message: "planned status 503" });
    const { status, body } = reply({ kind: "echo", status: 500 });
    expect(status).toBe(500);
    expect(JSON.stringify(body)).toMatch(/secret.*input/);
  });

  it("is another body", () => {
    expect(reply({ kind: "html", status: 502 })).toMatchObject({ status: 502, body: /^<html>/ });
    expect(reply({ kind: "html" }).status).toBe(200);
    expect(reply({ kind: "empty" })).toMatchObject({ status: 200, body: "" });
    expect(reply({ kind: "otherShape" }).body).toEqual({});
    expect(reply({ kind: "otherShape", body: [1] })).toMatchObject({ status: 200, body: [1] });
    expect(reply({ kind: "otherShape", status: 429 })).toMatchObject({ status: 429, body: {} });
    expect(() => JSON.parse(String(reply({ kind: "notJson" }).body)) as unknown).toThrow(SyntaxError);
    expect(reply({ kind: "noUsage" }).body).toEqual({ items: good });
  });

  it.each([
    [{ usage: { tokens: 5 }, data: [{ token: 1 }] }, { data: [{ token: 1 }] }],
    [{ meta: { billed_units: { input_tokens: 5 }, id: 1 } }, { meta: { billed_units: {}, id: 1 } }],
    [{ usageMetadata: {}, inputTextTokenCount: 5, prompt_eval_count: 5, model: "a" }, { model: "a" }],
  ])("may be the lack of a usage, wherever it is: %j", (body, rest) => {
    const other: FakeService = { ...service, answer: () => ({ status: 200, body }) };
    expect(applyFault({ service: other, request, ask, fault: { kind: "noUsage" }, seed: 0 }).body).toEqual(
      rest,
    );
  });

  it("may be the lack of a usage whose names say nothing", () => {
    const answer: FakeService["answer"] = (items, { texts }) => ({
      status: 200,
      body: { items, id: 7, consumed: { input: texts.join("").length, output: 0 } },
    });
    expect(
      applyFault({ service: { ...service, answer }, request, ask, fault: { kind: "noUsage" }, seed: 0 }).body,
    ).toEqual({ items: good, id: 7, consumed: { output: 0 } });
  });

  it("may be the lack of a usage in the headers too", () => {
    const headers = { "x-input-token-count": "5", "x-ratelimit-remaining-tokens": "7" };
    const other: FakeService = { ...service, answer: () => ({ status: 200, headers, body: [] }) };
    expect(applyFault({ service: other, request, ask, fault: { kind: "noUsage" }, seed: 0 })).toEqual({
      status: 200,
      headers: { "x-ratelimit-remaining-tokens": "7" },
      body: [],
    });
  });

  it("may be in the order, the number or the indexes of the vectors", () => {
    const [a, b, c] = good as [Item, Item, Item];
    const expected: readonly (readonly [Fault["kind"], Item[]])[] = [
      ["shuffled", [b, c, a]],
      ["missing", [a, b]],
      ["extra", [a, b, c, { ...a, index: 3 }]],
      ["duplicate", [a, b, { ...c, index: 0 }]],
      ["outOfRange", [{ ...a, index: 3 }, b, c]],
      ["badIndex", [{ ...a, index: "first" }, b, c]],
    ];
    for (const [kind, items] of expected) expect(itemsOf({ kind } as Fault), kind).toEqual(items);
    const indexes = (how: "noZero" | "none" | "strings" | "zeros" | "fromOne"): unknown[] =>
      itemsOf({ kind: "indexes", how }).map(({ index }) => index);
    expect(indexes("noZero")).toEqual([undefined, 1, 2]);
    expect(indexes("none")).toEqual([undefined, undefined, undefined]);
    expect(indexes("strings")).toEqual(["2", "1", "0"]);
    expect(itemsOf({ kind: "indexes", how: "strings" })[0]!.embedding).toEqual(c.embedding);
    expect(indexes("zeros")).toEqual([0, 0, 0]);
    expect(indexes("fromOne")).toEqual([1, 2, 3]);
  });

  it("is in the numbers", () => {
    const text = String(reply({ kind: "notFinite" }).body);
    expect(text).toContain(`[1e999,${vector("c")[1]}]`);
    expect((JSON.parse(text) as { items: Item[] }).items[2]!.embedding[0]).toBe(Infinity);
    expect(String(reply({ kind: "notFinite", value: "null" }).body)).toContain(`[null,${vector("c")[1]}]`);
    expect(String(reply({ kind: "notFinite", value: "NaN" }).body)).toContain(`[NaN,${vector("c")[1]}]`);
    const bytes = JSON.parse(String(reply({ kind: "notFinite" }, { ...ask, encoding: "base64" }).body)) as {
      items: { embedding: string }[];
    };
    expect(Buffer.from(bytes.items[2]!.embedding, "base64").readFloatLE(0)).toBe(Infinity);
    expect(bytes.items[0]!.embedding).toBe(base64("a"));
    expect(itemsOf({ kind: "zeroVector" }).map(({ embedding }) => embedding)).toEqual([
      vector("a"),
      vector("b"),
      [0, 0],
    ]);
  });

  it("is in the dimensions", () => {
    const lengths = (fault: Fault): number[] => itemsOf(fault).map(({ embedding }) => embedding.length);
    expect(lengths({ kind: "wrongDimension" })).toEqual([10, 10, 10]);
    expect(lengths({ kind: "wrongDimension", which: "one" })).toEqual([2, 2, 10]);
    expect(lengths({ kind: "wrongDimension", dimensions: 1 })).toEqual([1, 1, 1]);
  });

  it("is in the wire format", () => {
    expect(itemsOf({ kind: "base64" })[1]).toEqual({ index: 1, embedding: base64("b") });
    expect(itemsOf({ kind: "notBase64" }, { ...ask, encoding: "base64" })).toEqual(good);
    const [short, ...others] = itemsOf({ kind: "badBase64" });
    expect(Buffer.from(String(short!.embedding), "base64")).toHaveLength(5);
    expect(others.map(({ embedding }) => embedding)).toEqual([base64("b"), base64("c")]);
    const [spoilt] = itemsOf({ kind: "badBase64", how: "characters" });
    expect(spoilt!.embedding).toHaveLength(base64("a").length);
    expect(spoilt!.embedding).not.toMatch(/^[A-Za-z0-9+/=]*$/);
  });

  it("is in the headers", () => {
    expect(reply({ kind: "headers", headers: { "x-more": "1" } }).headers).toEqual({
      "x-model": "m",
      "x-more": "1",
    });
  });

  it("leaves bytes and bits as they are", () => {
    for (const elementType of ["int8", "uint8", "binary", "ubinary"] as const) {
      const asked = { ...ask, elementType, dimensions: 16 };
      const expected = fakeVectorOf("a", elementType, 16);
      expect(itemsOf("none", asked)[0]!.embedding).toEqual(Array.from(expected));
      const packed = itemsOf("none", { ...asked, encoding: "base64" })[0]!.embedding;
      expect(packed).toBe(Buffer.from(expected.buffer).toString("base64"));
    }
  });
});
