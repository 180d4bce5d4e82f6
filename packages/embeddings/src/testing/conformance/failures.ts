import assert from "node:assert/strict";
import { failures as failuresOf, rejectionError } from "./assertions.ts";
import type { ConformanceCase } from "./conformance-case.ts";

export const failures: readonly ConformanceCase[] = [
  {
    name: "a failed batch keeps its embeddings, and lists the failed texts",
    async run(bench) {
      const texts = bench.textsFor(2);
      // Equal texts: one of the first request, one of the second.
      texts.push(texts[0]!, texts[bench.facts.limits.inputs]!);
      bench.server.plan("none", { kind: "status", status: 400 });
      const model = bench.create();
      const error = await rejectionError(model.getTextEmbeddingBatch(texts, { workers: 1 }), "the batch");
      assert.equal(error.name, "EmbeddingBatchError");
      assert.equal((error.cause as { status?: unknown }).status, 400, "its cause must be the failure itself");
      assert.equal(error.retryable, false, "it must say whether another attempt helps, as its cause does");
      const embedded = new Set(bench.textsOf(0));
      const { indexes } = failuresOf(error.failed);
      const expected = [...texts.keys()].filter((index) => !embedded.has(texts[index]!));
      assert.deepEqual(
        indexes,
        expected,
        "failed must name the texts of the failed request, and of those that were not sent",
      );
      const { partial } = error as { partial?: { embeddings: readonly unknown[] } };
      assert(partial !== undefined, "it must have the embeddings");
      for (const [index, text] of texts.entries()) {
        if (embedded.has(text)) bench.assertRight(partial.embeddings[index], text, index);
        else assert.equal(partial.embeddings[index], undefined, "a text that has failed has no vector");
      }
    },
  },
  {
    name: "settle: true continues after a failure, and a second call embeds the rest",
    async run(bench) {
      const texts = bench.textsFor(3);
      // Equal texts: one of each request.
      texts.push(texts[0]!, texts[bench.facts.limits.inputs]!, texts.at(-1)!);
      bench.server.plan("none", { kind: "status", status: 400 });
      const model = bench.create();
      const batch = await model.getTextEmbeddingBatch(texts, { workers: 1, settle: true, bisect: false });
      const lost = new Set(bench.textsOf(1));
      const { indexes, errors } = failuresOf(batch.failed);
      const expected = [...texts.keys()].filter((index) => lost.has(texts[index]!));
      assert.deepEqual(indexes, expected, "failed must name the texts of the failed request");
      for (const error of errors) assert.equal(error.status, 400, "each must have the error of its request");
      for (const [index, text] of texts.entries()) {
        if (!lost.has(text)) bench.assertRight(batch.embeddings[index], text, index);
        else assert.equal(batch.embeddings[index], undefined, "a text that has failed has no vector");
      }
      const rest = indexes.map((index) => texts[index]!);
      bench.assertAllRight((await model.getTextEmbeddingBatch(rest)).embeddings, rest);
    },
  },
  {
    name: "the first failure aborts the other requests of the call",
    async run(bench) {
      bench.server.plan({ kind: "silent" }, { kind: "status", status: 400 });
      const model = bench.create();
      await rejectionError(model.getTextEmbeddingBatch(bench.textsFor(2), { workers: 2 }), "the batch");
      await bench.untilAbandoned();
      await bench.assertQuiet(model);
    },
  },
  {
    name: "nothing is sent after a call has failed",
    async run(bench) {
      bench.server.plan({ kind: "status", status: 400 });
      const model = bench.create();
      await rejectionError(model.getTextEmbeddingBatch(bench.textsFor(3), { workers: 1 }), "the batch");
      assert.equal(bench.sent, 1, "the first failure must stop the call");
      await bench.assertQuiet(model);
    },
  },
  {
    name: "a failed call does not affect another",
    async run(bench) {
      const { server } = bench;
      const model = bench.create();
      const [first, second] = bench.textsFor(2) as [string, string];
      const { promise: until, resolve: respond } = Promise.withResolvers<void>();
      server.plan({ kind: "held", until }, { kind: "status", status: 400 });
      const call = model.getTextEmbedding(first);
      await bench.untilSent(1, call);
      await rejectionError(model.getTextEmbedding(second), "the other call");
      respond();
      bench.assertRight(await call, first);
    },
  },
];
