import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { overLimit } from "../over-limit.ts";
import { assertNames, passages, rejectionError } from "./assertions.ts";
import type { ConformanceCase } from "./conformance-case.ts";

export const limits: readonly ConformanceCase[] = [
  {
    name: "fills requests up to the limit of texts",
    async run(bench) {
      const { inputs } = bench.facts.limits;
      const texts = Array.from({ length: 2 * inputs }, (_, index) => `t${index}`);
      bench.assertAllRight((await bench.create().getTextEmbeddingBatch(texts)).embeddings, texts);
      const counts = bench.server.requests.map((_, request) => bench.textsOf(request).length);
      for (const count of counts)
        assert(count <= inputs, `${count} texts in a request, ${inputs} are allowed`);
      // No token is shorter than a byte.
      if (overLimit(texts.slice(0, inputs), bench.facts.limits, Buffer.byteLength) === undefined) {
        assert.equal(counts.length, 2, `${texts.length} texts need no more than 2 requests`);
      }
    },
  },
  {
    name: "keeps the total limits of a request",
    applies: (facts) =>
      facts.hasService &&
      (facts.limits.characters ?? facts.limits.bytes) !== undefined &&
      facts.limits.inputs >= 2,
    async run(bench) {
      const { characters = Infinity, bytes = Infinity, ...each } = bench.facts.limits;
      const most = Math.min(characters, bytes);
      const alone = Math.min(most, each.charactersPerInput ?? Infinity, each.bytesPerInput ?? Infinity);
      // Two of them exceed the limit, or they are the longest that a request accepts.
      const length = Math.min(alone, Math.floor(most / 2) + 1);
      const count = Math.min(each.inputs, Math.floor(most / length)) + 1;
      const texts = Array.from({ length: count }, (_, index) => `${index} `.padEnd(length, "x"));
      const model = bench.create({ countTokens: () => 1 });
      bench.assertAllRight((await model.getTextEmbeddingBatch(texts)).embeddings, texts);
      for (const request of bench.server.requests.keys()) {
        const sum = bench.textsOf(request).join("").length;
        assert(sum <= most, `${sum} characters in a request, ${most} are allowed`);
      }
    },
  },
  {
    name: "keeps the token limit of a request, as counted by countTokens",
    applies: ({ hasService, limits: { tokens } }) => hasService && tokens !== undefined,
    async run(bench) {
      const { tokens = Infinity, tokensPerInput = Infinity, inputs } = bench.facts.limits;
      const each = Math.min(tokensPerInput, Math.ceil(tokens / 3));
      const together = Math.min(inputs, Math.floor(tokens / each));
      const texts = passages(2 * together + 1);
      const model = bench.create({ countTokens: () => each });
      bench.assertAllRight((await model.getTextEmbeddingBatch(texts)).embeddings, texts);
      for (const request of bench.server.requests.keys()) {
        const sum = bench.textsOf(request).length * each;
        assert(sum <= tokens, `${sum} tokens in a request, ${tokens} are allowed`);
      }
    },
  },
  refuses("charactersPerInput", (length) => "x".repeat(length)),
  refuses("bytesPerInput", (length) => "é".repeat(Math.floor(length / 2)).padEnd(Math.ceil(length / 2), "x")),
  {
    name: "refuses a text over limits.tokensPerInput by countTokens, and names its index",
    applies: ({ hasService, limits: { tokensPerInput } }) => hasService && tokensPerInput !== undefined,
    async run(bench) {
      const most = bench.facts.limits.tokensPerInput!;
      const texts = passages(9);
      const model = bench.create({ countTokens: (text) => (text === texts[7] ? most + 1 : 1) });
      const error = await rejectionError(model.getTextEmbeddingBatch(texts), "a text over the limit");
      assert(error instanceof RangeError, `a text over the limit is a RangeError, not ${error.name}`);
      assertNames(error, 7);
      assert.equal(bench.sent, 0, "nothing may be sent if a text cannot be");
    },
  },
];

/** @param make makes a text of this size */
function refuses(
  limit: "charactersPerInput" | "bytesPerInput",
  make: (length: number) => string,
): ConformanceCase {
  return {
    name: `refuses a text over limits.${limit}, and names its index; accepts one that just fits`,
    applies: (facts) => facts.hasService && facts.limits[limit] !== undefined,
    async run(bench) {
      const most = bench.facts.limits[limit]!;
      const texts = passages(9);
      texts[7] = make(most + 1);
      const model = bench.create({ countTokens: () => 1 });
      const error = await rejectionError(model.getTextEmbeddingBatch(texts), "a text over the limit");
      assert(error instanceof RangeError, `a text over the limit is a RangeError, not ${error.name}`);
      assertNames(error, 7);
      assert.equal(bench.sent, 0, "nothing may be sent if a text cannot be");
      // Fakes count four characters as a token.
      const { tokensPerInput = Infinity } = bench.facts.limits;
      const longest = make(Math.min(most, 4 * tokensPerInput));
      bench.assertRight(await model.getTextEmbedding(longest), longest);
    },
  };
}
