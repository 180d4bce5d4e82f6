import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64 } from "./decode-base64.ts";
import { parseEmbeddings } from "./parse-embeddings.ts";

const parse = (text: string): unknown => parseEmbeddings(Buffer.from(text));

/** The bytes of each vector in hexadecimal, and its numbers as 32-bit floats, whether they have been read or not. */
const withBytes = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, inner: unknown) => {
      if (inner instanceof DataView) return hexOf(inner);
      if (inner instanceof Float32Array) return Array.from(inner, String);
      const isVector = Array.isArray(inner) && inner.every((each) => typeof each === "number");
      if (key === "embedding" && isVector) return inner.map((each: number) => String(Math.fround(each)));
      const decoded = key === "embedding" && typeof inner === "string" ? decodeBase64(inner) : undefined;
      return decoded === undefined ? inner : hexOf(decoded);
    }),
  );

const hexOf = ({ buffer, byteOffset, byteLength }: DataView): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("hex");

const bytes = (hex: string): DataView => new DataView(Uint8Array.from(Buffer.from(hex, "hex")).buffer);

describe("parseEmbeddings", () => {
  it("reads vectors in base64, and everything else", () => {
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

  it("agrees with JSON.parse, or refuses the text, for unusual and duplicate keys", () => {
    const space = fc.constantFrom("", "", "", " ", "\n", "\t ");
    const name = fc.constantFrom(
      '"embedding"',
      '"embedding"',
      '"embedding"',
      String.raw`"\u0065mbedding"`,
      String.raw`"embeddin\u0067"`,
      String.raw`"e\u006Dbedding"`,
      '"index"',
      '"data"',
      '"__proto__"',
      String.raw`"a\"embedding"`,
    );
    const text = fc.constantFrom(
      "",
      "AACAPw==",
      "AACAPw",
      "A",
      "AAAA\n",
      String.raw`AA\/+`,
      String.raw`\u0041AAA`,
      "é",
      "]",
    );
    const scalar = fc.oneof(
      fc.nat({ max: 3 }).map(String),
      fc.constantFrom("null", "true", "-0", "1e999", "0.1", '"embedding"', "NaN", "[", "}", ""),
      text.map((inner) => `"${inner}"`),
      fc
        .tuple(fc.array(fc.constantFrom("1", "-2.5", "3e2", "null", '"]"', "[1]"), { maxLength: 4 }), space)
        .map(([numbers, gap]) => `[${gap}${numbers.join(`${gap},`)}${gap}]`),
    );
    const { value } = fc.letrec<{ value: string; member: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        scalar,
        scalar,
        fc.array(tie("member"), { maxLength: 4 }).map((members) => `{${members.join(",")}}`),
        fc.array(tie("value"), { maxLength: 3 }).map((values) => `[${values.join(",")}]`),
      ),
      member: fc
        .tuple(space, name, space, space, tie("value"))
        .map(([before, key, gap, after, inner]) => `${before}${key}${gap}:${after}${inner}`),
    }));
    const body = fc
      .array(value, { minLength: 1, maxLength: 4 })
      .map((items) => `{"data":[${items.map((item) => `{"embedding":${item}}`).join(",")}]}`);
    const outcome = (read: () => unknown): unknown => {
      try {
        return withBytes(read());
      } catch (error) {
        return (error as Error).name;
      }
    };
    fc.assert(
      fc.property(fc.oneof(body, value), (json) => {
        const came = outcome(() => parse(json));
        const expected = outcome(() => JSON.parse(json));
        // NaN alone is read where JSON.parse reads nothing.
        if (expected === "SyntaxError" && /NaN/.test(json)) return;
        expect(came).toEqual(expected);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    String.raw`{"data":[{"embedding":[1],"\u0065mbedding":1},{"embedding":[2]}]}`,
    String.raw`{"data":[{"embedding":[5],"embeddin\u0067":0}]}`,
    String.raw`{"data":[{"embeddin\u0067":0,"embedding":[5]}]}`,
    '{"data":[{"embedding":[1],"embedding":[2]},{"embedding":[3]}]}',
    '{"data":[{"embedding":[1],"embedding":1},{"embedding":[3]}]}',
    '{"data":[{"embedding":[1],"embedding" :1},{"embedding":[3]}]}',
    '{"data":[{"embedding":[1]},{"embedding":{"embedding":[2]}}]}',
    '{"data":[{"object":"embedding","embedding":[1]},{"embedding":[2],"object":"embedding"}]}',
  ])("reads of %s the last of two equal keys, as JSON.parse does", (text) => {
    expect(withBytes(parse(text))).toEqual(withBytes(JSON.parse(text)));
  });

  it("reads NaN and Infinity, so that the check of the vectors can report their index", () => {
    const text =
      '{"data":[{"embedding":[1,2]},{"embedding":[3,NaN]},{"embedding":[-Infinity,4]}],"model":"NaN"}';
    expect(parse(text)).toEqual({
      data: [{ embedding: [1, 2] }, { embedding: [3, Number.NaN] }, { embedding: [-Infinity, 4] }],
      model: "NaN",
    });
  });

  it("reads vectors of numbers, and everything else", () => {
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

  it("leaves invalid base64 as it is", () => {
    expect(parse('{"embedding":"AACA é=="}')).toEqual({ embedding: "AACA é==" });
  });

  it("keeps no reference to the bytes, which may be reused", () => {
    const body = Buffer.from('{"data":[{"embedding":"AACAPw=="}]}');
    const answer = parseEmbeddings(body);
    body.fill(0);
    expect(answer).toEqual({ data: [{ embedding: bytes("0000803f") }] });
  });

  it("does not mistake a number for a placeholder of a vector", () => {
    for (const vector of ['"AACAPw=="', "[1]"]) {
      const text = `{"data":[{"embedding":${vector}},{"embedding":0},{"embedding" :7}]}`;
      expect(parse(text)).toEqual(JSON.parse(text));
    }
  });

  it("reads an escaped slash", () => {
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
