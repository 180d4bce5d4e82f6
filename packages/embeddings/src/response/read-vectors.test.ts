import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nameInList } from "../contract/text-name.ts";
import { orderEmbeddings } from "./order-embeddings.ts";
import { parseEmbeddings } from "./parse-embeddings.ts";

interface Item {
  readonly index?: unknown;
  readonly embedding?: unknown;
}

/** What the code under test makes of a body: the numbers of each vector, or `"refused"`. */
function read(body: Uint8Array, count: number, dimensions: number, ownMemory: boolean): unknown {
  try {
    const { data } = parseEmbeddings(body) as { data: never };
    const vectors = orderEmbeddings({ embeddings: data }, count, {
      provider: "Example",
      elementType: "float",
      dimensions,
      allowZero: true,
      ownMemory,
      nameOf: nameInList,
    });
    if (ownMemory) for (const vector of vectors) expect(vector.buffer.byteLength).toBe(vector.byteLength);
    return vectors.map((vector) => Array.from(vector));
  } catch {
    return "refused";
  }
}

/** The same by the plainest means: `JSON.parse`, `Buffer.from`, `DataView`. */
function expected(body: Uint8Array, count: number, dimensions: number): unknown {
  let items: readonly Item[];
  try {
    items = (JSON.parse(Buffer.from(body).toString()) as { data: Item[] }).data;
  } catch {
    return "refused";
  }
  if (items.length !== count) return "refused";
  const isInOrder = items.every(({ index }, at) => index === undefined || index === at);
  const vectors = new Map<number, number[]>();
  for (const [at, { index = isInOrder ? at : 0, embedding }] of items.entries()) {
    const numbers = typeof embedding === "string" ? fromBase64(embedding) : (embedding as unknown[]);
    const isRight =
      numbers?.length === dimensions &&
      numbers.every((each) => typeof each === "number" && Number.isFinite(Math.fround(each)));
    if (!isRight || typeof index !== "number" || index >= count || vectors.has(index)) return "refused";
    vectors.set(index, (numbers as number[]).map(Math.fround));
  }
  return Array.from({ length: count }, (_, index) => vectors.get(index));
}

function fromBase64(text: string): number[] | undefined {
  const [, digits] = /^([\w+/-]*)={0,2}$/.exec(text) ?? [];
  if (digits === undefined || digits.length % 4 === 1) return undefined;
  const bytes = Buffer.from(text, "base64");
  if (bytes.length % 4 !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(4 * at, true));
}

const number = fc.oneof(
  { weight: 150, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity) },
);

/** One of the values now and then. */
const rarely = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values });

/** Changes to the text of a vector, most of which make it invalid. */
const changes: readonly ((text: string) => string)[] = [
  (text) => text.replaceAll("=", ""),
  (text) => text.replaceAll("+", "-").replaceAll("/", "_"),
  (text) => `${text}=`,
  (text) => `${text}A`,
  (text) => text.slice(0, -1),
  (text) => text.slice(0, -4),
  (text) => `${text.slice(0, 3)} ${text.slice(3)}`,
  (text) => `${text.slice(0, 4)}\n${text.slice(4)}`,
  (text) => `é${text.slice(1)}`,
  (text) => `=${text.slice(1)}`,
  // Bits after the last byte, which the canonical form has as 0.
  (text) => text.replace(/[AQgw]==$/, "B=="),
  () => "",
];

const response = fc
  .record({
    dimensions: fc.integer({ min: 1, max: 9 }),
    count: fc.integer({ min: 1, max: 7 }),
    base64: fc.boolean(),
    order: fc.constantFrom("same", "reversed", "absent"),
    wrongIndex: rarely(fc.constantFrom("twice", "absent", "too large")),
    at: fc.nat({ max: 6 }),
    change: rarely(fc.constantFrom(...changes)),
    cut: rarely(fc.nat({ max: 300 })),
    isShort: rarely(fc.constant(true)),
  })
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      numbers: fc.array(fc.array(number, { minLength: shape.dimensions, maxLength: shape.dimensions }), {
        minLength: shape.count,
        maxLength: shape.count,
      }),
    }),
  );

describe("the vectors of a response", () => {
  it.each([1, 2, 3, 4])(
    "are those that JSON.parse and Buffer.from find, or refused, in random responses (seed %i)",
    (seed) => {
      const outcomes = { refused: 0, read: 0 };
      fc.assert(
        fc.property(response, fc.boolean(), ({ shape, numbers }, ownMemory) => {
          const { dimensions, count, base64, order, wrongIndex, at, change, cut, isShort = false } = shape;
          const odd = at % count;
          const data = numbers.map((vector, index) => {
            const bytes = Buffer.from(Float32Array.from(vector).buffer);
            const text = bytes.toString("base64");
            const floats = Array.from({ length: dimensions }, (_, i) => bytes.readFloatLE(4 * i));
            const given = base64 ? text : isShort && index === odd ? floats.slice(1) : floats;
            const embedding =
              typeof given === "string" && change !== undefined && index === odd ? change(given) : given;
            if (order === "absent") return { embedding };
            if (wrongIndex === "absent" && index === odd) return { embedding };
            if (wrongIndex === "twice" && index === odd) return { index: (odd + 1) % count, embedding };
            if (wrongIndex === "too large" && index === odd) return { index: count, embedding };
            return { index, embedding };
          });
          const list = order === "reversed" ? data.toReversed() : data;
          const body = Buffer.from(JSON.stringify({ object: "list", data: list, model: "é" }));
          const sent = cut === undefined ? body : body.subarray(0, -1 - (cut % body.length));
          const came = read(sent, count, dimensions, ownMemory);
          outcomes[came === "refused" ? "refused" : "read"]++;
          expect(came).toEqual(expected(sent, count, dimensions));
        }),
        { numRuns: 500, seed },
      );
      // Neither side is the usual one.
      expect(Math.min(outcomes.refused, outcomes.read)).toBeGreaterThan(50);
    },
  );

  it.each([
    ["base64", ['"AACAPw=="', '"AAAAwA=="']],
    ["numbers", ["[1]", "[-2]"]],
  ])("in %s are parts of one block, as long as they are", (_form, [one, two]) => {
    const body = Buffer.from(`{"data":[{"embedding":${one}},{"embedding":${two}}]}`);
    const { data } = parseEmbeddings(body) as { data: { embedding: DataView | Float32Array }[] };
    expect(data[0]!.embedding.buffer).toBe(data[1]!.embedding.buffer);
    expect(data[0]!.embedding.buffer.byteLength).toBe(8);
  });

  it("of bytes that are no multiple of 4 show nothing of what the memory held before", () => {
    const vector = Buffer.from([1, 2, 3, 4, 5]).toString("base64");
    const list = Array.from({ length: 100 }, () => ({ embedding: vector }));
    const { data } = parseEmbeddings(Buffer.from(JSON.stringify({ data: list }))) as {
      data: { embedding: DataView }[];
    };
    const block = new Uint8Array(data[0]!.embedding.buffer);
    expect(block.length).toBe(99 * 8 + 5);
    expect(block.every((byte, at) => byte === (at % 8 < 5 ? (at % 8) + 1 : 0))).toBe(true);
  });

  it("take no more memory than their text, however long the first is", () => {
    const rest = Array.from({ length: 10_000 }, () => '{"embedding":[1]}').join(",");
    const body = Buffer.from(`{"data":[{"embedding":[${"1,".repeat(50_000)}1]},${rest}]}`);
    const { data } = parseEmbeddings(body) as { data: { embedding: Float32Array }[] };
    expect(data).toHaveLength(10_001);
    expect(data[0]!.embedding.buffer.byteLength).toBeLessThanOrEqual(4 * body.length);
    expect(data.at(-1)!.embedding).toEqual(Float32Array.of(1));
  });
});
