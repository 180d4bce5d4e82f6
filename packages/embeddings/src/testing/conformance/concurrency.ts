import assert from "node:assert/strict";
import { passages } from "./assertions.ts";
import type { ConformanceCase } from "./conformance-case.ts";

/** The service takes this long: meanwhile, further requests could arrive that must not. */
const serviceTime = 20;
const slow = { kind: "delay", ms: serviceTime } as const;

export const concurrency: readonly ConformanceCase[] = [
  {
    name: "shares the workers of a model among concurrent calls",
    async run(bench) {
      const { server } = bench;
      const model = bench.create({ workers: 2 });
      const held = { kind: "held", until: aWhileAfter(server.until(() => bench.sent >= 2)) } as const;
      server.plan(held, held, slow, slow, slow, slow);
      const texts = passages(6);
      const vectors = await Promise.all(texts.map((text) => model.getTextEmbedding(text)));
      bench.assertAllRight(vectors, texts);
      assert.equal(server.mostAtOnce, 2, "two requests must be in flight at once with workers: 2");
    },
  },
  {
    name: "keeps the workers limit of one call",
    async run(bench) {
      const { server } = bench;
      const held = { kind: "held", until: aWhileAfter(server.until(() => bench.sent >= 2)) } as const;
      server.plan(held, held, slow, slow);
      const texts = bench.textsFor(4);
      const { embeddings } = await bench.create().getTextEmbeddingBatch(texts, { workers: 2 });
      bench.assertAllRight(embeddings, texts);
      assert.equal(server.mostAtOnce, 2, "two requests must be in flight at once with workers: 2");
    },
  },
  {
    name: "one slow request does not delay the others",
    async run(bench) {
      const { server } = bench;
      const texts = bench.textsFor(4);
      // The first response is sent when three other requests have arrived, one after another through the second worker.
      server.plan({ kind: "held", until: server.until(() => bench.sent >= 4) });
      const { embeddings } = await bench.create().getTextEmbeddingBatch(texts, { workers: 2 });
      bench.assertAllRight(embeddings, texts);
    },
  },
];

async function aWhileAfter(promise: Promise<void>): Promise<void> {
  await promise;
  await new Promise((resolve) => setTimeout(resolve, serviceTime));
}
