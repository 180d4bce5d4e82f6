import assert from "node:assert/strict";
import type { ConformanceCase } from "./conformance-case.ts";

export const estimates: readonly ConformanceCase[] = [
  {
    name: "estimates as many requests as it then sends, and sends none for that",
    async run(bench) {
      const texts = bench.textsFor(3);
      // Half of them twice: equal texts are sent once.
      const given = [...texts, ...texts.slice(0, texts.length >> 1)];
      const model = bench.create();
      const prices = { [model.model]: { input: 1 } };
      const batch = await model.estimate(given, { prices });
      assert.equal(bench.sent, 0, "an estimate must send nothing");
      assert(batch.tokens > 0, "texts must have tokens");
      assert.equal(batch.cost, batch.tokens / 1_000_000, "the cost must be that of the tokens");
      assert.equal(batch.texts, given.length, "an estimate must count all texts");
      assert.equal(batch.duplicates, given.length - texts.length, "an estimate must count equal texts");
      await model.getTextEmbeddingBatch(given);
      assert.equal(batch.requests, bench.sent, "an estimate must have the requests that the call sends");
      const stream = await model.estimate(texts.values());
      const before = bench.sent;
      await Array.fromAsync(model.streamTextEmbeddings(texts.values()));
      assert.equal(stream.requests, bench.sent - before, "an estimate must have the requests of the stream");
    },
  },
];
