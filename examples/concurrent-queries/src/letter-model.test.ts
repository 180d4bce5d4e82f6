import { similarity } from "@llx/embeddings";
import { expect, it } from "vitest";
import { letterModel } from "./letter-model.ts";

it("finds texts alike that share letters, also where words are misspelt", async () => {
  await using model = letterModel("test");
  const [photosynthesis, misspelt, volcano] = (
    await model.getTextEmbeddingBatch(["photosynthesis", "fotosynthesys", "a volcano erupts"])
  ).embeddings;
  expect(Math.hypot(...photosynthesis!)).toBeCloseTo(1, 6);
  // Of 14 and 13 runs of letters they share 8.
  expect(similarity(photosynthesis!, misspelt!)).toBeCloseTo(8 / Math.sqrt(14 * 13), 6);
  expect(similarity(photosynthesis!, volcano!)).toBeLessThan(0.2);
});
