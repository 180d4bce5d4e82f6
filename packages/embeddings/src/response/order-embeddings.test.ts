import { describe, expect, it } from "vitest";
import { EmbeddingResponseError } from "../contract/embedding-response-error.ts";
import { nameInList } from "../contract/text-name.ts";
import { type ExpectedEmbeddings, orderEmbeddings } from "./order-embeddings.ts";

const expected: ExpectedEmbeddings = {
  provider: "Example",
  elementType: "float",
  dimensions: undefined,
  allowZero: false,
  nameOf: nameInList,
};

const thrownBy = (list: unknown, count: number, more: Partial<ExpectedEmbeddings> = {}): unknown => {
  try {
    orderEmbeddings({ embeddings: list as never, requestId: "r-1" }, count, { ...expected, ...more });
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("orderEmbeddings", () => {
  it("puts the embeddings into the order of the texts", () => {
    const ordered = orderEmbeddings(
      {
        embeddings: [
          { index: 2, embedding: [2, 0] },
          { index: 0, embedding: new Float32Array([0, 1]) },
          { index: 1, embedding: [1, 0.5] },
        ],
      },
      3,
      expected,
    );
    expect(ordered).toEqual([new Float32Array([0, 1]), new Float32Array([1, 0.5]), new Float32Array([2, 0])]);
  });

  it.each([
    ["too few", [{ index: 0, embedding: [1] }], "1 embeddings for 2 texts"],
    ["none", [], "0 embeddings for 2 texts"],
    ["no numbers", [item(0, []), item(1, [])], "the embedding of texts[0] has no numbers"],
    [
      "NaN",
      [item(0, [1, 1]), item(1, [1, Number.NaN])],
      "the embedding of texts[1] contains NaN at index 1: the model returned no number",
    ],
    [
      "infinity",
      [item(0, [1]), item(1, [-Infinity])],
      "the embedding of texts[1] contains -Infinity at index 0: the model returned no finite 32-bit number",
    ],
    [
      "a number beyond float32",
      [item(0, [1, 1]), item(1, [1, 1e300])],
      "the embedding of texts[1] contains Infinity at index 1: the model returned no finite 32-bit number",
    ],
    [
      "null in a vector, named by its index though it comes first",
      [item(1, [1, 1, null]), item(0, [1, 1, 1])],
      "the embedding of texts[1] contains null at index 2: the model returned no number",
    ],
    [
      "a string in a vector",
      [item(0, [1]), item(1, ["secret"])],
      "the embedding of texts[1] contains a string at index 0: the model returned no number",
    ],
    [
      "a hole in a vector",
      [item(0, [1]), item(1, new Array(1))],
      "the embedding of texts[1] contains undefined at index 0: the model returned no number",
    ],
  ])("rejects %s as retryable", (_kind, list, problem) => {
    const error = thrownBy(list, 2);
    expect(error).toBeInstanceOf(EmbeddingResponseError);
    expect(error).toMatchObject({
      message: `Example returned an invalid response: ${problem}`,
      provider: "Example",
      retryable: true,
      requestId: "r-1",
    });
  });

  it.each([
    ["no list", { 0: [1] }, "there is no list of embeddings"],
    ["nothing", undefined, "there is no list of embeddings"],
    ["an index twice", [item(0, [1]), item(0, [1])], "index 0 twice"],
    [
      "nothing in the list",
      [item(0, [1]), null],
      "item 1 of the list is not an object with index and embedding",
    ],
    ["a list of vectors", [[1], [1]], "item 0 of the list is not an object with index and embedding"],
    [
      "other dimensions",
      [item(0, [1]), item(1, [1, 2])],
      "the embedding of texts[1] has 2 dimensions, not 1",
    ],
    [
      "no vector",
      [item(0, [1]), item(1, { 0: 1 })],
      "the embedding of texts[1] is an object (Object), not a list of numbers",
    ],
    [
      "null for a vector",
      [item(0, [1]), item(1, null)],
      "the embedding of texts[1] is null, not a list of numbers",
    ],
    ["a missing vector", [item(0, [1]), { index: 1 }], "the embedding of texts[1] is missing"],
    [
      "a vector for each token",
      [item(0, [1]), item(1, [[1], [2], [3]])],
      "the embedding of texts[1] is 3 lists of numbers instead of one, as if each token had its own: " +
        "let the server pool them (llama.cpp: --pooling mean, cls or last)",
    ],
  ])("rejects %s as not retryable", (_kind, list, problem) => {
    expect(thrownBy(list, 2)).toMatchObject({
      message: `Example returned an invalid response: ${problem}`,
      retryable: false,
    });
  });

  it("names the form of a response without a list of embeddings, and shows none of its content", () => {
    const message = (embeddings: unknown, body: unknown): unknown => {
      try {
        orderEmbeddings({ embeddings: embeddings as never, body }, 1, expected);
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    };
    expect(message(undefined, [[0.125]])).toBe(
      "Example returned an invalid response: there is no list of embeddings; the response is [[…]], a list of " +
        "vectors, as TEI has it at /embed: use @llx/embeddings-openai, with a baseUrl that ends " +
        "with /v1",
    );
    const embeddings = [[0.125]];
    expect(message(embeddings, { embeddings })).toBe(
      "Example returned an invalid response: item 0 of the list is not an object with index and embedding; the response is " +
        "{ embeddings: [[…]] }, as Ollama has it at /api/embed: use @llx/embeddings-openai, with a baseUrl that ends " +
        "with /v1",
    );
  });

  it("reads a vector wrapped in a list, as llama.cpp returns it", () => {
    const embeddings = [item(1, [[1, 2]]), item(0, [[3, 4]])];
    expect(orderEmbeddings({ embeddings }, 2, expected)).toEqual([
      Float32Array.of(3, 4),
      Float32Array.of(1, 2),
    ]);
    expect(String(thrownBy([item(0, [[1, null]])], 1))).toContain(
      "the embedding of texts[0] contains null at index 1",
    );
    expect(String(thrownBy([item(0, [[1, 2]])], 1, { dimensions: 3 }))).toContain("has 2 dimensions, not 3");
  });

  it("uses the order of the list if the service omits the indexes", () => {
    const embeddings = [{ embedding: [1] }, { index: 1, embedding: [2] }];
    expect(orderEmbeddings({ embeddings }, 2, expected)).toEqual([Float32Array.of(1), Float32Array.of(2)]);
    expect(orderEmbeddings({ embeddings: [{ embedding: [1] }] }, 1, expected)).toEqual([Float32Array.of(1)]);
  });

  it("checks the response against the declared dimensions", () => {
    expect(String(thrownBy([item(0, [1])], 1, { dimensions: 3 }))).toContain(
      "the embedding of texts[0] has 1 dimensions, not 3",
    );
  });
});

describe("base64", () => {
  // 1 and −2 as little-endian 32-bit floats: 00 00 80 3f, 00 00 00 c0.
  const floats = "AACAPwAAAMA=";

  it("is read into its own memory", () => {
    const [vector] = orderEmbeddings({ embeddings: [item(0, floats)] }, 1, { ...expected, dimensions: 2 });
    expect(vector).toEqual(Float32Array.of(1, -2));
    expect(vector!.buffer.byteLength).toBe(8);
  });

  it("may be bytes at any place in memory", () => {
    for (const start of [0, 1, 4]) {
      const memory = Buffer.concat([Buffer.alloc(start, 9), Buffer.from(floats, "base64")]);
      const view = new DataView(Uint8Array.from(memory).buffer, start);
      expect(orderEmbeddings({ embeddings: [item(0, view)] }, 1, expected)).toEqual([Float32Array.of(1, -2)]);
    }
  });

  it("shares no memory with others if that is wanted, nor do numbers", () => {
    const memory = Float32Array.of(1, -2, 3, 4);
    const embeddings = [item(0, new DataView(memory.buffer, 0, 8)), item(1, memory.subarray(2))];
    const shared = orderEmbeddings({ embeddings }, 2, expected);
    expect(shared.map(({ buffer }) => buffer)).toEqual([memory.buffer, memory.buffer]);
    const own = orderEmbeddings({ embeddings }, 2, { ...expected, ownMemory: true });
    expect(own).toEqual([Float32Array.of(1, -2), Float32Array.of(3, 4)]);
    expect(own.map(({ buffer }) => buffer.byteLength)).toEqual([8, 8]);
  });

  it("may have no padding", () => {
    expect(orderEmbeddings({ embeddings: [item(0, "AACAPwAAAMA")] }, 1, expected)).toEqual([
      Float32Array.of(1, -2),
    ]);
  });

  it.each([
    ["too short", "AACAPw==", { dimensions: 2 }, "has 1 dimensions, not 2"],
    ["too long", floats, { dimensions: 1 }, "has 2 dimensions, not 1"],
    ["no whole numbers", "AACAPwA=", {}, "has 5 bytes of base64, not a multiple of 4"],
    ["empty", "", {}, "has no numbers"],
    ["no base64", "AACAP!==", { dimensions: 1 }, "is not base64"],
    ["a character too long", "AACAPwAAAMA=A", {}, "is not base64"],
    ["not finite", "AADAfw==", { dimensions: 1 }, "contains NaN at index 0: the model returned no number"],
  ])("that is %s is refused", (_kind, embedding, more, problem) => {
    expect(String(thrownBy([item(0, embedding)], 1, more))).toContain(`the embedding of texts[0] ${problem}`);
  });
});

describe("quantised embeddings", () => {
  it.each([
    ["int8", [-128, 127], Int8Array.of(-128, 127), 2],
    ["uint8", [0, 255], Uint8Array.of(0, 255), 2],
    ["binary", [-1, 5], Int8Array.of(-1, 5), 16],
    ["ubinary", [255, 5], Uint8Array.of(255, 5), 16],
    ["int8", "gH8=", Int8Array.of(-128, 127), 2],
    ["ubinary", "/wU=", Uint8Array.of(255, 5), 16],
  ] as const)("of %s are read from %j", (elementType, embedding, vector, dimensions) => {
    expect(
      orderEmbeddings({ embeddings: [item(0, embedding)] }, 1, { ...expected, elementType, dimensions }),
    ).toEqual([vector]);
  });

  it.each([
    ["int8", [128], "contains a number at index 0 that is not a valid int8"],
    ["int8", [1, 0.5], "contains a number at index 1 that is not a valid int8"],
    ["int8", [Number.NaN], "contains NaN at index 0: the model returned no number"],
    ["uint8", [-1], "contains a number at index 0 that is not a valid uint8"],
    ["binary", [1, 2, 3], "has 24 dimensions, not 8"],
    [
      "int8",
      "AACAPw==",
      "has 4 bytes, which is what 1 floats have: the service was not asked for int8, or returns floats all the same",
    ],
  ] as const)("of %s refuse %j", (elementType, embedding, problem) => {
    const dimensions = elementType === "binary" ? 8 : 1;
    expect(String(thrownBy([item(0, embedding)], 1, { elementType, dimensions }))).toContain(problem);
  });
});

function item(index: number, embedding: unknown): never {
  return { index, embedding } as never;
}

describe("an embedding of zeros", () => {
  const list = [
    { index: 0, embedding: [0, 1] },
    { index: 1, embedding: [0, -0] },
  ];

  it("is an error that names its text, and that another attempt would not mend", () => {
    const error = thrownBy(list, 2);
    expect(error).toBeInstanceOf(EmbeddingResponseError);
    expect(error).toMatchObject({ retryable: false, ofText: true, requestId: "r-1" });
    expect(String(error)).toContain(
      "the embedding of texts[1] has only zeros, which is similar to nothing: embed other text, or accept it with " +
        "allowZero: true",
    );
    expect(thrownBy(list, 2, { elementType: "int8" })).toMatchObject({ ofText: true });
    expect(thrownBy([{ index: 0, embedding: [1, 2, Number.NaN] }], 1)).toMatchObject({ ofText: false });
  });

  it("is valid where it is allowed, and as unsigned or packed numbers", () => {
    expect(thrownBy(list, 2, { allowZero: true })).toBeUndefined();
    for (const elementType of ["uint8", "binary", "ubinary"] as const) {
      expect(thrownBy([{ index: 0, embedding: [0, 0] }], 1, { elementType })).toBeUndefined();
    }
  });
});
