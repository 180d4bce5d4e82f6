import { describe, expectTypeOf, it } from "vitest";
import {
  createEmbeddingModel,
  type EmbeddedText,
  type EmbeddingFailure,
  type EmbeddingModel,
  type FailedText,
  type RequestBudget,
} from "../index.ts";
import type { BatchServiceOptions } from "../batch.ts";
import { MoneyBudget } from "../costs.ts";

const limits = { inputs: 1 };
const embed = async () => ({ embeddings: [] });

describe("a model", () => {
  it("has vectors of its element type", () => {
    const floats = createEmbeddingModel({ provider: "a", model: "b", limits, embed });
    const bytes = createEmbeddingModel({ provider: "a", model: "b", elementType: "int8", limits, embed });
    const bits = createEmbeddingModel({ provider: "a", model: "b", elementType: "ubinary", limits, embed });
    expectTypeOf(floats).toEqualTypeOf<EmbeddingModel>();
    expectTypeOf(floats.getTextEmbedding("")).resolves.toEqualTypeOf<Float32Array>();
    expectTypeOf(bytes.getQueryEmbedding("")).resolves.toEqualTypeOf<Int8Array>();
    expectTypeOf(bits.getTextEmbeddingBatch([]))
      .resolves.toHaveProperty("embeddings")
      .toEqualTypeOf<Uint8Array[]>();
  });

  it("has failures only where they are settled", async () => {
    const model = createEmbeddingModel({ provider: "a", model: "b", limits, embed });
    const settled = await model.getTextEmbeddingBatch([], { settle: true });
    expectTypeOf(settled.embeddings).toEqualTypeOf<(Float32Array | undefined)[]>();
    expectTypeOf(settled.failed).toEqualTypeOf<readonly EmbeddingFailure[]>();
    const all = await model.getTextEmbeddingBatch([], { settle: false });
    expectTypeOf(all.embeddings).toEqualTypeOf<Float32Array[]>();
    expectTypeOf(all).not.toHaveProperty("failed");
    expectTypeOf(model.streamTextEmbeddings([])).toExtend<AsyncGenerator<EmbeddedText>>();
    expectTypeOf(model.streamTextEmbeddings([], { settle: true })).toExtend<
      AsyncGenerator<EmbeddedText | FailedText>
    >();
  });

  it("has estimates, whose cost may be unknown", async () => {
    const model = createEmbeddingModel({ provider: "a", model: "b", limits, embed });
    const estimate = await model.estimate(new Set<string>());
    expectTypeOf(estimate.tokens).toBeNumber();
    expectTypeOf(estimate.cost).toEqualTypeOf<number | undefined>();
    expectTypeOf(estimate.batch?.window).toEqualTypeOf<number | undefined>();
    // @ts-expect-error a price is an object
    expectTypeOf(model.estimate([], { prices: { b: 0.02 } })).toBeObject();
  });

  it("takes a budget, or what is like one", () => {
    const budget = new MoneyBudget({ limit: 5, prices: { b: { input: 0.02 } } });
    expectTypeOf(budget).toExtend<RequestBudget>();
    createEmbeddingModel({ provider: "a", model: "b", limits, embed }, { budget });
    // @ts-expect-error not an amount
    createEmbeddingModel({ provider: "a", model: "b", limits, embed }, { budget: 5 });
  });

  it("has limits of a request, which a batch service does not have", () => {
    createEmbeddingModel({ provider: "a", model: "b", limits, embed }, { limits: { inputs: 1 } });
    const ofText: BatchServiceOptions = { limits: { bytesPerInput: 1 } };
    // @ts-expect-error those of a batch are its batchLimits
    const ofRequest: BatchServiceOptions = { limits: { inputs: 1 } };
    expectTypeOf([ofText, ofRequest]).toBeArray();
  });

  it("takes texts, and nothing else", () => {
    const model = createEmbeddingModel({ provider: "a", model: "b", limits, embed });
    // @ts-expect-error not numbers
    expectTypeOf(model.getTextEmbeddingBatch([1])).toBeObject();
    // @ts-expect-error no such input type
    expectTypeOf(model.getTextEmbeddingBatch([], { inputType: "poem" })).toBeObject();
  });
});
