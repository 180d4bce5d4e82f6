import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { overLimit } from "../over-limit.ts";
import { assertNames, passages, rejectionError } from "./assertions.ts";
import type { Bench } from "./bench.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { textsForLimit } from "./texts-for-limit.ts";

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
      await keepsTotal(bench, "characters");
      await keepsTotal(bench, "bytes");
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
  refuses("charactersPerInput"),
  refuses("bytesPerInput"),
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

/** Sends texts that exceed the limit together, and no other limit. */
async function keepsTotal(bench: Bench, unit: "characters" | "bytes"): Promise<void> {
  const { [unit]: most, ...others } = bench.facts.limits;
  if (most === undefined) return;
  const { [`${unit}PerInput` as const]: mostOfOne = most } = others;
  const wider = { ...others, [unit]: most + 1, [`${unit}PerInput`]: Math.min(mostOfOne, most) };
  const texts = textsForLimit(unit, most + 1, wider, bench.countTokens);
  // No request can have as much.
  if (texts === undefined) return;
  const model = bench.create({ countTokens: bench.countTokens });
  bench.assertAllRight((await model.getTextEmbeddingBatch(texts)).embeddings, texts);
  for (const request of bench.server.requests.keys()) {
    const all = bench.textsOf(request).join("");
    const sum = unit === "bytes" ? Buffer.byteLength(all) : all.length;
    assert(sum <= most, `${sum} ${unit} in a request, ${most} are allowed`);
  }
}

function refuses(limit: "charactersPerInput" | "bytesPerInput"): ConformanceCase {
  return {
    name: `refuses a text over limits.${limit}, and names its index; accepts one that just fits`,
    applies: (facts) => facts.hasService && facts.limits[limit] !== undefined,
    async run(bench) {
      const { limits: declared } = bench.facts;
      const most = declared[limit]!;
      const texts = passages(9);
      [texts[7]] = textsForLimit(limit, most + 1, { inputs: 1 }, bench.countTokens) as [string];
      const model = bench.create({ countTokens: () => 1 });
      const error = await rejectionError(model.getTextEmbeddingBatch(texts), "a text over the limit");
      assert(error instanceof RangeError, `a text over the limit is a RangeError, not ${error.name}`);
      assertNames(error, 7);
      assert.equal(bench.sent, 0, "nothing may be sent if a text cannot be");
      // None, where it exceeds another limit.
      const [longest] = textsForLimit(limit, most, declared, bench.countTokens) ?? [];
      if (longest !== undefined) bench.assertRight(await model.getTextEmbedding(longest), longest);
    },
  };
}
