import assert from "node:assert/strict";
import { assertNames, passages, rejectionError } from "../conformance/assertions.ts";
import { everywhere } from "../conformance/common-case.ts";
import { query } from "./rerank-bench.ts";
import type { RerankCase } from "./rerank-case.ts";

const refused: readonly (readonly [what: string, text: string])[] = [
  ["an empty text", ""],
  ["a text of white space", " \n\t\u00a0"],
  ["a text with one half of a surrogate pair", "half of a smile \ud83d cut off"],
];

export const argumentChecks: readonly RerankCase[] = [
  ...refused.map(([what, text]): RerankCase => ({
    name: `refuses ${what}, and names its index; and such a query`,
    applies: everywhere,
    async run(bench) {
      const reranker = bench.create();
      const texts = passages(9);
      texts[7] = text;
      const error = await rejectionError(reranker.rerank(query, texts), what);
      assert(error instanceof RangeError, `${what} is a RangeError, not ${error.name}`);
      assertNames(error, 7);
      const ofQuery = await rejectionError(reranker.rerank(text, passages(2)), `${what} as the query`);
      assert(ofQuery instanceof RangeError, `${what} as the query is a RangeError, not ${ofQuery.name}`);
      assert.match(ofQuery.message, /\bquery\b/, "the message must name the query");
      assert.equal(bench.sent, 0, "nothing may be sent if a text cannot be");
    },
  })),
  {
    name: "refuses a value that is not a string, and names its index",
    applies: everywhere,
    async run(bench) {
      const reranker = bench.create();
      for (const wrong of [undefined, null, 7, ["a text"]]) {
        const texts: unknown[] = passages(9);
        texts[7] = wrong;
        // One after another, as the first that is taken says which.
        // oxlint-disable-next-line no-await-in-loop
        const error = await rejectionError(
          reranker.rerank(query, texts as string[]),
          `${typeof wrong} for a text`,
        );
        assert(error instanceof TypeError, `a value that is not a string is a TypeError, not ${error.name}`);
        assertNames(error, 7);
        // oxlint-disable-next-line no-await-in-loop
        const ofQuery = await rejectionError(
          reranker.rerank(wrong as unknown as string, passages(2)),
          `${typeof wrong} as the query`,
        );
        assert(
          ofQuery instanceof TypeError,
          `a query that is not a string is a TypeError, not ${ofQuery.name}`,
        );
        assert.match(ofQuery.message, /\bquery\b/, "the message must name the query");
      }
      await rejectionError(reranker.rerank(query, "a text" as unknown as string[]), "a string for the texts");
      assert.equal(bench.sent, 0, "nothing may be sent if a text is not a string");
    },
  },
  {
    name: "refuses an invalid topN, and unknown options of a call",
    applies: everywhere,
    async run(bench) {
      const reranker = bench.create();
      for (const topN of [0, -1, 1.5, Number.NaN]) {
        // oxlint-disable-next-line no-await-in-loop
        const error = await rejectionError(reranker.rerank(query, passages(2), { topN }), `topN: ${topN}`);
        assert(error instanceof RangeError, `topN: ${topN} is a RangeError, not ${error.name}`);
      }
      const error = await rejectionError(reranker.rerank(query, passages(2), { topK: 1 } as object), "topK");
      assert.match(error.message, /\btopN\b/, "the message must suggest topN");
      assert.equal(bench.sent, 0, "nothing may be sent with invalid options");
    },
  },
  {
    name: "refuses truncate where the service never cuts",
    applies: ({ hasService, truncation }) => hasService && truncation === "never",
    async run(bench) {
      assert.throws(() => bench.create({ truncate: true }), TypeError);
    },
  },
  {
    name: "cuts only with truncate, and then accepts what is too long",
    applies: ({ hasService, truncation }) => hasService && truncation === "onRequest",
    async run(bench) {
      const { tokensPerInput = Infinity, tokensPerPair = Infinity } = bench.facts.limits;
      const most = Math.min(tokensPerInput, tokensPerPair);
      if (most === Infinity) return;
      const long = "x".repeat(4 * (most + 1));
      const error = await rejectionError(bench.create().rerank("q", [long]), "a text that is too long");
      assert.equal(error.status, 400, "without truncate, the service must be told to refuse it");
      const { results } = await bench.create({ truncate: true }).rerank("q", [long]);
      assert.equal(results.length, 1);
    },
  },
];
