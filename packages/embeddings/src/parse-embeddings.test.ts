import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEmbeddings } from "./parse-embeddings.ts";

const parse = (text: string): unknown => parseEmbeddings(Buffer.from(text));

/** The bytes of each vector in hexadecimal, and its numbers as 32-bit floats, whether they have been read or not. */
const withBytes = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, inner: unknown) => {
      if (inner instanceof ArrayBuffer) return Buffer.from(inner).toString("hex");
      if (inner instanceof Float32Array) return Array.from(inner, String);
      const isVector = Array.isArray(inner) && inner.every((each) => typeof each === "number");
      if (key === "embedding" && isVector) return inner.map((each: number) => String(Math.fround(each)));
      const isBase64 =
        key === "embedding" && typeof inner === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(inner);
      return isBase64 ? Buffer.from(inner, "base64").toString("hex") : inner;
    }),
  );

const bytes = (hex: string): ArrayBuffer => Uint8Array.from(Buffer.from(hex, "hex")).buffer;

describe("parseEmbeddings", () => {
  it("reads vectors in base64, and all beside them", () => {
    const text =
      '{"data":[{"index":1,"embedding":"AACAPw=="},{"embedding":"AAAAwA==","index":0}],"model":"é🙂"}';
    expect(parse(text)).toEqual({
      data: [
        { index: 1, embedding: bytes("0000803f") },
        { embedding: bytes("000000c0"), index: 0 },
      ],
      model: "é🙂",
    });
  });

  it("reads what JSON.parse reads", () => {
    const embedding = fc.oneof(
      fc.base64String(),
      fc.string({ unit: fc.constantFrom("A", "/", "\\", '"', ":", "é") }),
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 4 }),
      fc.array(fc.oneof(fc.nat(), fc.constantFrom(null, "]", "[", [1], { a: [2] })), { maxLength: 3 }),
      fc.constant(null),
      fc.nat({ max: 3 }),
    );
    const item = fc.record({ index: fc.nat(), embedding, 'a"embedding': fc.string(), note: fc.string() });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), fc.constantFrom(undefined, 1), (data, indent) => {
        const text = JSON.stringify({ data, model: '"embedding":"' }, undefined, indent);
        expect(withBytes(parse(text))).toEqual(withBytes(JSON.parse(text)));
      }),
    );
  });

  it("reads vectors of numbers, and all beside them", () => {
    const text = '{"data":[{"embedding":[1,-0.5,1e300],"index":0},{"embedding":[],"index":1}],"n":[[1]]}';
    expect(parse(text)).toEqual({
      data: [
        { embedding: Float32Array.of(1, -0.5, Infinity), index: 0 },
        { embedding: new Float32Array(0), index: 1 },
      ],
      n: [[1]],
    });
  });

  it.each(['[1,"2"]', "[1,null]", "[[1,2]]", '["]"]', "[true]", "[{}]", "[ ]"])(
    "leaves %s as it is, in all vectors",
    (vector) => {
      const text = `{"data":[{"embedding":[1]},{"embedding":${vector}}]}`;
      expect(withBytes(parse(text))).toEqual(withBytes(JSON.parse(text)));
    },
  );

  it("leaves what is no base64 as it is", () => {
    expect(parse('{"embedding":"AACA é=="}')).toEqual({ embedding: "AACA é==" });
  });

  it("keeps nothing of the bytes, which may be used again", () => {
    const body = Buffer.from('{"data":[{"embedding":"AACAPw=="}]}');
    const answer = parseEmbeddings(body);
    body.fill(0);
    expect(answer).toEqual({ data: [{ embedding: bytes("0000803f") }] });
  });

  it("takes no number for one that stands in for a vector", () => {
    for (const vector of ['"AACAPw=="', "[1]"]) {
      const text = `{"data":[{"embedding":${vector}},{"embedding":0},{"embedding" :7}]}`;
      expect(parse(text)).toEqual(JSON.parse(text));
    }
  });

  it("reads a slash that is written with a backslash", () => {
    expect(parse('{"embedding":"AA\\/+"}')).toEqual({ embedding: "AA/+" });
  });

  it.each([
    '{"embedding":[1,2',
    '{"embedding":[1,,2]}',
    '{"embedding":[1}]',
    '{"embedding":"AAAA',
    '{"embedding":"AAAA"',
    "",
    "<html>",
    '{"embedding":"AAAA"}}',
  ])("refuses %j as JSON.parse does", (text) => {
    expect(() => parse(text)).toThrow(SyntaxError);
  });
});
