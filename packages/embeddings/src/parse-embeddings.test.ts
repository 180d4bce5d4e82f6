import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEmbeddings } from "./parse-embeddings.ts";

describe("parseEmbeddings", () => {
  it("reads vectors in base64, and all beside them", () => {
    const text =
      '{"data":[{"index":1,"embedding":"AACAPw=="},{"embedding":"AAAAwA==","index":0}],"model":"é🙂"}';
    expect(parseEmbeddings(text)).toEqual({
      data: [
        { index: 1, embedding: "AACAPw==" },
        { embedding: "AAAAwA==", index: 0 },
      ],
      model: "é🙂",
    });
  });

  it("reads what JSON.parse reads", () => {
    const embedding = fc.oneof(
      fc.base64String(),
      fc.string({ unit: fc.constantFrom("A", "/", "\\", '"', ":", "é") }),
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 4 }),
      fc.constant(null),
      fc.nat({ max: 3 }),
    );
    const item = fc.record({ index: fc.nat(), embedding, 'a"embedding': fc.string(), note: fc.string() });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), fc.constantFrom(undefined, 1), (data, indent) => {
        const text = JSON.stringify({ data, model: '"embedding":"' }, undefined, indent);
        expect(parseEmbeddings(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("takes no number for one that stands in for a vector", () => {
    const text = '{"data":[{"embedding":"AACAPw=="},{"embedding":0},{"embedding" :7}]}';
    expect(parseEmbeddings(text)).toEqual(JSON.parse(text));
  });

  it("reads a slash that is written with a backslash", () => {
    expect(parseEmbeddings('{"embedding":"AA\\/+"}')).toEqual({ embedding: "AA/+" });
  });

  it.each(['{"embedding":"AAAA', '{"embedding":"AAAA"', "", "<html>", '{"embedding":"AAAA"}}'])(
    "refuses %j as JSON.parse does",
    (text) => {
      expect(() => parseEmbeddings(text)).toThrow(SyntaxError);
    },
  );
});
