import assert from "node:assert/strict";
import type { ConformanceCase } from "./conformance-case.ts";
import { uncovered } from "./coverage.ts";

export const elementTypes: readonly ConformanceCase[] = [
  {
    name: "is tested with each declared element type",
    applies: ({ capabilities }) => capabilities.elementTypes.length > 1,
    async run(bench) {
      const texts = bench.textsForOne(3);
      for (const elementType of uncovered(bench.facts)) {
        const advice =
          `no subject has the element type ${elementType}, which the model declares: let create pass on the option ` +
          `elementType, or register a subject that has it, or leave it out of capabilities.elementTypes`;
        const model = bench.tryCreate({ elementType });
        if (model instanceof Error) assert.fail(`${advice} (create has thrown ${model.message})`);
        assert.equal(model.elementType, elementType, advice);
        // oxlint-disable-next-line no-await-in-loop -- one after another, as requests are counted
        const { embeddings } = await model.getTextEmbeddingBatch(texts);
        bench.assertAllRight(embeddings, texts, elementType);
        if (!bench.facts.hasService) continue;
        const asked = bench.server.requests.at(-1)?.ask?.elementType;
        assert.equal(asked, elementType, `the service was asked for ${asked}, and not for ${elementType}`);
      }
    },
  },
];
