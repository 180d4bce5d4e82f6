import assert from "node:assert/strict";
import { everywhere } from "../conformance/common-case.ts";
import { query } from "./rerank-bench.ts";
import type { RerankCase } from "./rerank-case.ts";

export const ranking: readonly RerankCase[] = [
  {
    name: "sends the query and the texts in one request, in their order",
    async run(bench) {
      const texts = bench.texts(20);
      bench.assertRanked(await bench.create().rerank(query, texts), query, texts);
      assert.equal(bench.sent, 1, "a call is one request");
      assert.deepEqual(bench.askOf(0), { query, texts, topN: texts.length });
    },
  },
  {
    name: "orders results by score, whatever order they arrive in",
    async run(bench) {
      bench.server.plan({ kind: "shuffled" });
      const texts = bench.texts(20);
      bench.assertRanked(await bench.create().rerank(query, texts), query, texts);
    },
  },
  {
    name: "orders equal scores by index",
    async run(bench) {
      const text = "The same text, several times.";
      const texts = bench.texts(7).fill(text);
      bench.server.plan({ kind: "shuffled" });
      const { results } = await bench.create().rerank(query, texts);
      assert.deepEqual(
        results.map(({ index }) => index),
        [...texts.keys()],
        "equal texts must be in the order of the call",
      );
      assert.deepEqual(bench.askOf(0).texts, texts, "equal texts must all be sent");
    },
  },
  {
    name: "requests and returns topN results",
    async run(bench) {
      const texts = bench.texts(9);
      const reranker = bench.create();
      for (const topN of [1, 2]) {
        // One after another, so that the last request is that of the call.
        // oxlint-disable-next-line no-await-in-loop
        bench.assertRanked(await reranker.rerank(query, texts, { topN }), query, texts, topN);
        assert.equal(bench.askOf(topN - 1).topN, topN, "the service must be asked for as many results");
      }
    },
  },
  {
    name: "returns a result for each text if topN is more",
    async run(bench) {
      const texts = bench.texts(2);
      const { results } = await bench.create().rerank(query, texts, { topN: 50 });
      bench.assertRanked({ results }, query, texts);
    },
  },
  {
    name: "has no results for no texts, and sends nothing",
    applies: everywhere,
    async run(bench) {
      const { results, usage } = await bench.create().rerank(query, []);
      assert.deepEqual([results, usage], [[], undefined]);
      assert.equal(bench.sent, 0, "nothing may be sent for no texts");
    },
  },
  {
    name: "concurrent calls do not mix their results",
    async run(bench) {
      const reranker = bench.create();
      bench.server.plan({ kind: "delay", ms: 20 });
      await Promise.all([0, 1, 2, 3].map((nth) => bench.use(reranker, nth)));
      assert.equal(bench.sent, 4);
    },
  },
  {
    name: "keeps the workers limit of a reranker",
    async run(bench) {
      const { server } = bench;
      const slow = { kind: "delay", ms: 20 } as const;
      server.plan(slow, slow, slow, slow, slow);
      const reranker = bench.create({ workers: 2 });
      await Promise.all([0, 1, 2, 3, 4].map((nth) => bench.use(reranker, nth)));
      assert.equal(server.mostAtOnce, 2, "two requests must be in flight at once with workers: 2");
    },
  },
];
