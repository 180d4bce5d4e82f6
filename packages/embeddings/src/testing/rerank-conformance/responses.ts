import assert from "node:assert/strict";
import { rejection, rejectionError, secretBeginning } from "../conformance/assertions.ts";
import { foreignBodies, wrongIndexes } from "../conformance/response-faults.ts";
import type { Fault } from "../fault.ts";
import { query } from "./rerank-bench.ts";
import type { RerankCase } from "./rerank-case.ts";

const bad: readonly (readonly [what: string, fault: Fault])[] = [
  ["one result too few", { kind: "missing" }],
  ["one result too many", { kind: "extra" }],
  ["a duplicate index", { kind: "duplicate" }],
  ["an index out of range", { kind: "outOfRange" }],
  ["an index that is not a number", { kind: "badIndex" }],
  ["no indexes", { kind: "indexes", how: "none" }],
  ["indexes that are all 0", { kind: "indexes", how: "zeros" }],
  ["indexes that count from 1", { kind: "indexes", how: "fromOne" }],
  ["a score that is not finite", { kind: "notFinite" }],
  ["null instead of a score", { kind: "notFinite", value: "null" }],
  ["a bare NaN instead of a score", { kind: "notFinite", value: "NaN" }],
  ...foreignBodies,
];

export const responses: readonly RerankCase[] = [
  ...bad.map(([what, fault]): RerankCase => ({
    name: `rejects a response with ${what}`,
    async run(bench) {
      bench.server.plan(fault);
      const reranker = bench.create({ retry: { attempts: 1 } });
      const texts = bench.texts(3);
      await rejectionError(reranker.rerank(query, texts), `a response with ${what}`);
      bench.assertRanked(await reranker.rerank(query, texts), query, texts);
    },
  })),
  {
    name: "does not retry after wrong indexes, as each attempt is paid for",
    async run(bench) {
      const reranker = bench.create();
      for (const [asked, fault] of wrongIndexes.entries()) {
        bench.server.plan(fault);
        // One after another, each with its fault.
        // oxlint-disable-next-line no-await-in-loop
        await rejectionError(reranker.rerank(query, bench.texts(3)), "a response with wrong indexes");
        assert.equal(bench.sent, asked + 1, "nothing may be sent again");
      }
    },
  },
  {
    name: "names the text of a score that is null",
    async run(bench) {
      bench.server.plan({ kind: "notFinite", value: "null" });
      const reranker = bench.create({ retry: { attempts: 1 } });
      // The fault is in the last result.
      const error = await rejectionError(reranker.rerank(query, [query, "another"]), "a response with null");
      assert.match(error.message, /texts\[1\]/, "the message must name the text by its index");
    },
  },
  {
    name: "names the form of a response without results, and shows none of its content",
    async run(bench) {
      const body = { object: "list", model: `${secretBeginning} of a model`, [secretBeginning]: [0.5] };
      bench.server.plan({ kind: "otherShape", body });
      const error = await rejection(
        bench.create().rerank(query, bench.texts(2)),
        "a response of another shape",
      );
      assert.match(String(error), /the response is an object with object, model$/);
    },
  },
  {
    name: "aborts a response longer than any valid one, and does not retry",
    async run(bench) {
      bench.server.plan({ kind: "endless" });
      const reranker = bench.create();
      const error = await rejectionError(bench.use(reranker), "an endless response");
      assert.equal(error.retryable, false, "the error must say that another attempt cannot help");
      assert.equal(bench.sent, 1, "nothing may be sent again");
      await bench.untilAbandoned();
      await bench.use(reranker);
    },
  },
];
