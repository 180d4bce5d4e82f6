import assert from "node:assert/strict";
import { lengthOf } from "../../contract/element-type.ts";
import { passages } from "./assertions.ts";
import { everywhere } from "./common-case.ts";
import type { ConformanceCase } from "./conformance-case.ts";

const arrays = {
  float: Float32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  binary: Int8Array,
  ubinary: Uint8Array,
};

export const order: readonly ConformanceCase[] = [
  {
    name: "keeps the order of the texts, whichever response comes first",
    async run(bench) {
      const { server } = bench;
      const texts = bench.textsFor(3);
      server.plan({ kind: "held", until: server.until(() => bench.sent >= 2) });
      const { embeddings } = await bench.create().getTextEmbeddingBatch(texts, { workers: 4 });
      bench.assertAllRight(embeddings, texts);
      assert(bench.sent >= 2, "one request was more than the limits allow");
    },
  },
  {
    name: "assigns vectors by their index",
    applies: ({ hasIndex, limits }) => hasIndex && limits.inputs >= 2,
    async run(bench) {
      const texts = bench.textsForOne(5);
      bench.server.plan({ kind: "shuffled" });
      bench.assertAllRight((await bench.create().getTextEmbeddingBatch(texts)).embeddings, texts);
      assert.equal(bench.sent, 1, "a response in another order is valid");
    },
  },
  {
    name: "sends equal texts once",
    async run(bench) {
      const [a, b, c] = passages(3) as [string, string, string];
      const texts = [a, b, a, c, b, a];
      const { embeddings } = await bench.create().getTextEmbeddingBatch(texts);
      bench.assertAllRight(embeddings, texts);
      const sent = bench.server.requests.flatMap(({ ask }) => ask?.texts ?? []);
      assert.deepEqual(sent.toSorted(), [a, b, c], "each different text must be sent once");
    },
  },
  {
    name: "returns a separate vector for each text, even for equal texts",
    applies: everywhere,
    async run(bench) {
      const [a, b] = passages(2) as [string, string];
      const { embeddings } = await bench.create().getTextEmbeddingBatch([a, b, a]);
      assert.equal(embeddings.length, 3, "there must be an embedding for each text");
      const [first, other, second] = embeddings as [Float32Array, Float32Array, Float32Array];
      assert.deepEqual(first, second, "equal texts must have equal vectors");
      const before = [Array.from(other), Array.from(second)];
      first.fill(first[0]! > 0 ? -1 : 1);
      const after = [Array.from(other), Array.from(second)];
      assert.deepEqual(after, before, "changing one vector must not change another");
    },
  },
  {
    name: "embeds a text alone as it does among others",
    applies: everywhere,
    async run(bench) {
      const model = bench.create();
      const texts = bench.textsForOne(4);
      const { embeddings } = await model.getTextEmbeddingBatch(texts);
      const alone = await Promise.all(texts.map((text) => model.getTextEmbedding(text)));
      assert.equal(embeddings.length, texts.length, "there must be an embedding for each text");
      for (const [index, vector] of alone.entries()) {
        // A model that computes may return it slightly different: it must be the nearest.
        const distances = embeddings.map((embedding) => distance(embedding, vector));
        const nearest = distances.indexOf(Math.min(...distances));
        assert.equal(nearest, index, `texts[${index}] alone has the vector of texts[${nearest}]`);
      }
    },
  },
  {
    name: "returns vectors of the declared element type and dimensions",
    applies: everywhere,
    async run(bench) {
      const model = bench.create();
      const declared = model.dimensions;
      const [text] = passages(1) as [string];
      const vectors = [await model.getTextEmbedding(text), await model.getQueryEmbedding(text)];
      const array = arrays[model.elementType];
      for (const vector of vectors) {
        assert(vector instanceof array, `an embedding of ${model.elementType} must be a ${array.name}`);
        assert(model.dimensions !== undefined, "dimensions must be known after the first embedding");
        assert.equal(
          vector.length,
          lengthOf(model.elementType, model.dimensions),
          "dimensions must match the vector",
        );
      }
      if (declared !== undefined) assert.equal(model.dimensions, declared, "dimensions must not change");
    },
  },
];

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}
