import assert from "node:assert/strict";
import { assertNames, failures, passages, rejectionError } from "./assertions.ts";
import { everywhere } from "./common-case.ts";
import type { ConformanceCase } from "./conformance-case.ts";

const refused: readonly (readonly [what: string, text: string])[] = [
  ["an empty text", ""],
  ["a text of white space", " \n\t\u00a0"],
  ["a text with one half of a surrogate pair", "half of a smile \ud83d cut off"],
];

/** What a provider may be tempted to tidy; vectors depend on it. */
const unusual = [
  "  Spaces at both ends, a line break\nand an accent of its own: cafe\u0301 ",
  "\n\nlines\r\nof\r\rall kinds\u2028here\n",
  "\ttabs\tand  two spaces\u00a0\u3000",
  "\ufeffa mark of bytes, and one without width\u200b",
  "A\u030angstr\u00f6m, \u212b, \ufb01ne, \uff21, \u2460",
  'UPPER and lower, "quotes", \\n, <b>tags</b> &amp; \ud83d\ude00',
];

export const textChecks: readonly ConformanceCase[] = [
  ...refused.map(([what, text]): ConformanceCase => ({
    name: `refuses ${what}, and names its index`,
    applies: everywhere,
    async run(bench) {
      const model = bench.create();
      const texts = passages(9);
      texts[7] = text;
      const error = await rejectionError(model.getTextEmbeddingBatch(texts), what);
      assert(error instanceof RangeError, `${what} is a RangeError, not ${error.name}`);
      assertNames(error, 7);
      await rejectionError(model.getTextEmbedding(text), what);
      await rejectionError(model.getQueryEmbedding(text), what);
      assert.equal(bench.sent, 0, "nothing may be sent if a text cannot be");
    },
  })),
  {
    name: "sends texts as they are given: spaces, line breaks and characters",
    async run(bench) {
      const model = bench.create();
      const { embeddings } = await model.getTextEmbeddingBatch(unusual);
      const [query] = unusual as [string];
      const embedding = await model.getQueryEmbedding(query);
      const came = bench.server.requests.flatMap(({ ask }) => ask?.texts ?? []);
      assert.deepEqual(
        came.toSorted(),
        [...unusual, query].toSorted(),
        "the service must receive each text as it was given: neither trimmed nor normalized, with its line breaks",
      );
      bench.assertAllRight(embeddings, unusual);
      bench.assertRight(embedding, query);
    },
  },
  {
    name: "refuses a value that is not a string, and names its index",
    applies: everywhere,
    async run(bench) {
      const model = bench.create();
      for (const wrong of [undefined, null, 7, ["a text"]]) {
        const texts: unknown[] = passages(9);
        texts[7] = wrong;
        const call = model.getTextEmbeddingBatch(texts as string[], { settle: true });
        // One after another, as the first that is taken says which.
        // oxlint-disable-next-line no-await-in-loop
        const error = await rejectionError(call, `${typeof wrong} for a text`);
        assert(error instanceof TypeError, `a value that is not a string is a TypeError, not ${error.name}`);
        assertNames(error, 7);
      }
      assert.equal(bench.sent, 0, "nothing may be sent if a text is not a string");
    },
  },
  {
    name: "settle: true embeds the other texts if one cannot be sent",
    applies: everywhere,
    async run(bench) {
      const texts = passages(5);
      texts[1] = "";
      texts[3] = "\ud83d";
      const { embeddings, failed } = await bench.create().getTextEmbeddingBatch(texts, { settle: true });
      const { indexes, errors } = failures(failed);
      assert.deepEqual(indexes, [1, 3], "failed must list the texts that cannot be sent");
      for (const [at, error] of errors.entries()) {
        assert(error instanceof RangeError, "a text that cannot be sent is a RangeError");
        assertNames(error, indexes[at]!);
      }
      const have = embeddings.map((embedding) => embedding !== undefined);
      assert.deepEqual(have, [true, false, true, false, true], "the others must be embedded");
    },
  },
  {
    name: "does nothing for no texts",
    applies: everywhere,
    async run(bench) {
      const model = bench.create();
      const batch = await model.getTextEmbeddingBatch([]);
      assert.deepEqual(batch.embeddings, []);
      const settled = await model.getTextEmbeddingBatch([], { settle: true });
      assert.deepEqual([settled.embeddings, settled.failed], [[], []]);
      for await (const row of model.streamTextEmbeddings([])) assert.fail(`a row for no text: ${row.index}`);
      assert.equal(bench.sent, 0, "nothing may be sent for no texts");
    },
  },
  {
    name: "does not cut texts without truncate, and refuses truncate if unsupported",
    applies: ({ hasService, capabilities }) => hasService && !capabilities.truncation,
    async run(bench) {
      assert.throws(() => bench.create({ truncate: true }), TypeError);
      const [text] = passages(1) as [string];
      bench.assertRight(await bench.create({ truncate: false }).getTextEmbedding(text), text);
    },
  },
];
