import assert from "node:assert/strict";
import { fakeVectorOf } from "../fake-vector.ts";
import { assertVector, passages } from "./assertions.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { isUnlisted, listing } from "./facts.ts";

export const dimensions: readonly ConformanceCase[] = [
  {
    name: "requests each declared number of dimensions, and the most of a range",
    applies: ({ hasService, capabilities }) =>
      hasService && (capabilities.dimensions.length > 0 || capabilities.maxDimensions !== undefined),
    async run(bench) {
      const { capabilities, elementType } = bench.facts;
      const { dimensions: listed, maxDimensions } = capabilities;
      const declared = maxDimensions === undefined ? listed : [maxDimensions];
      const [text] = passages(1) as [string];
      for (const size of declared) {
        const model = bench.tryCreate({ dimensions: size });
        // A model without a choice may refuse the option.
        if (model instanceof Error && declared.length === 1) return;
        const advice = `let create pass on the option dimensions, or do not declare ${size} dimensions`;
        if (model instanceof Error) {
          const what = isUnlisted(model) ? listing : advice;
          assert.fail(`create has thrown ${model.message} for ${size}: ${what}`);
        }
        assert.equal(
          model.dimensions,
          size,
          `a model of ${size} dimensions has ${model.dimensions}: ${advice}`,
        );
        // oxlint-disable-next-line no-await-in-loop -- one after another, as requests are counted
        const embedding = await model.getTextEmbedding(text);
        const asked = bench.server.requests.at(-1)?.ask?.dimensions;
        assert.equal(asked, size, `the service was asked for ${asked} dimensions, and not for ${size}`);
        assertVector(embedding, fakeVectorOf(text, elementType, size), `the embedding of ${size} dimensions`);
      }
    },
  },
  {
    name: "requests no dimensions from a model without a choice",
    applies: ({ hasService, capabilities }) => hasService && capabilities.dimensions.length === 1,
    async run(bench) {
      const [only] = bench.facts.capabilities.dimensions;
      const model = bench.tryCreate({ dimensions: only! });
      // It may refuse the option.
      if (model instanceof Error) return;
      await bench.use(model);
      await bench.use(bench.create());
      const [asked, plain] = bench.server.requests.map(({ path, body }) => ({ path, body }));
      assert.deepEqual(
        asked,
        plain,
        `dimensions: ${only} must change nothing in a request to a model that always has ${only}: services refuse the field ` +
          "for a model without a choice; leave it out",
      );
    },
  },
];
