import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distinctTexts, planBatches } from "./batch-plan.ts";
import type { TextRules } from "./check-text.ts";
import type { EmbeddingLimits } from "../contract/embedding-limits.ts";
import { StreamPlan, type StreamBatch } from "./stream-plan.ts";
import { TextMeasure } from "./text-measure.ts";

/** Counts code points, so that the three units differ. */
const countTokens = (text: string): number => Array.from(text).length;
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

const rulesOf = (limits: EmbeddingLimits, more: Partial<TextRules> = {}): TextRules => ({
  limits,
  measure: new TextMeasure(countTokens),
  truncate: false,
  ...more,
});

/** Texts with emoji, surrogate pairs and letters of two and three bytes, many of them repeated. */
const text = fc
  .oneof(
    fc.constantFrom("same", "🙂", "👩‍👩‍👧", "é", "日本", "𝒳"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
  )
  .filter((each) => each.trim() !== "" && each.isWellFormed());

const some = (min: number, max: number) => fc.option(fc.integer({ min, max }), { nil: undefined });
const anyLimits = fc.record({
  inputs: fc.integer({ min: 1, max: 7 }),
  characters: some(60, 120),
  charactersPerInput: some(60, 70),
  tokens: some(60, 120),
  tokensPerInput: some(60, 70),
  bytes: some(180, 300),
  bytesPerInput: some(180, 190),
});

function expectWithinLimits(texts: readonly string[], limits: EmbeddingLimits): void {
  const total = (count: (each: string) => number): number =>
    texts.reduce((sum, each) => sum + count(each), 0);
  expect(texts.length).toBeLessThanOrEqual(limits.inputs);
  expect(total((each) => each.length)).toBeLessThanOrEqual(limits.characters ?? Infinity);
  expect(total(countTokens)).toBeLessThanOrEqual(limits.tokens ?? Infinity);
  expect(total(bytesOf)).toBeLessThanOrEqual(limits.bytes ?? Infinity);
}

describe("the plan of requests", () => {
  it("contains each text once, in order, within all limits, and maps each input to its text", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), anyLimits, (inputs, limits) => {
        const distinct = distinctTexts(inputs, rulesOf(limits));
        const batches = planBatches(distinct, distinct.texts.keys(), limits);
        expect(distinct.refused).toEqual([]);
        const sent = batches.flatMap(({ texts }) => texts);
        expect(sent).toEqual([...new Set(inputs)]);
        expect(batches.flatMap(({ positions }) => positions)).toEqual([...sent.keys()]);
        expect(distinct.positions.map((position) => sent[position])).toEqual(inputs);
        for (const { texts } of batches) {
          expect(texts.length).toBeGreaterThanOrEqual(1);
          expectWithinLimits(texts, limits);
        }
      }),
    );
  });

  it("fills each request before it starts the next one", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), anyLimits, (inputs, limits) => {
        const distinct = distinctTexts(inputs, rulesOf(limits));
        const batches = planBatches(distinct, distinct.texts.keys(), limits);
        for (const [at, { texts }] of batches.slice(1).entries()) {
          expect(() => expectWithinLimits([...batches[at]!.texts, texts[0]!], limits)).toThrow("expected");
        }
      }),
    );
  });

  it("sends only the given positions", () => {
    const distinct = distinctTexts(["a", "b", "c", "a", "d"], rulesOf({ inputs: 2 }));
    const batches = planBatches(distinct, [0, 2, 3], { inputs: 2 });
    expect(batches.map(({ texts, positions }) => [texts, positions])).toEqual([
      [
        ["a", "c"],
        [0, 2],
      ],
      [["d"], [3]],
    ]);
  });

  it("uses as few requests as possible", () => {
    const inputs = Array.from({ length: 193 }, (_, index) => `text ${index}`);
    const distinct = distinctTexts(inputs, rulesOf({ inputs: 96 }));
    const batches = planBatches(distinct, distinct.texts.keys(), { inputs: 96 });
    expect(batches.map(({ texts }) => texts.length)).toEqual([96, 96, 1]);
  });

  it.each([
    ["bad one", { charactersPerInput: 4 }, "has 7 characters, and the provider takes at most 4; cut it"],
    [
      "bad one",
      { characters: 5, charactersPerInput: 9 },
      "has 7 characters, and the provider takes at most 5",
    ],
    ["bäd", { bytesPerInput: 3 }, "has 4 bytes, and the provider takes at most 3"],
    ["🙂🙂🙂", { tokens: 2 }, "has 3 tokens, and the provider takes at most 2"],
    [" \n", {}, "is empty or only white space; omit it"],
    ["", {}, "is empty or only white space; omit it"],
    ["cut\uD83D", {}, "contains one half of a surrogate pair"],
  ])("names the text that cannot be sent: %j", (bad, limits, problem) => {
    const { refused, texts, positions } = distinctTexts(["ok", bad, "ok"], rulesOf({ inputs: 9, ...limits }));
    expect(refused).toEqual([{ index: 1, error: expect.any(RangeError) }]);
    expect(String(refused[0]!.error)).toContain(`texts[1] ${problem}`);
    expect([texts, positions]).toEqual([["ok"], [0, -1, 0]]);
  });

  it("refuses a value that is not a string at once", () => {
    const rules = rulesOf({ inputs: 9 });
    expect(() => distinctTexts(["a", 7 as never], rules)).toThrow("texts[1] must be a string, not number");
    expect(() => distinctTexts(["a", null as never], rules)).toThrow("texts[1] must be a string, not null");
    // oxlint-disable-next-line no-sparse-arrays
    expect(() => distinctTexts(["a", , "b"] as never, rules)).toThrow("texts[1] must be a string");
    expect(() => distinctTexts("text" as never, rules)).toThrow(
      new TypeError("texts must be an array of strings, not a string"),
    );
    for (const iterable of [new Set(["a"]), (async function* () {})()]) {
      expect(() => distinctTexts(iterable as never, rules)).toThrow(
        /^texts must be an array of strings, not an object \([\w ]+\); streamTextEmbeddings takes any iterable$/,
      );
    }
  });

  it("does not refuse a text because of estimated tokens, nor one that the provider cuts", () => {
    const limits = { inputs: 9, tokensPerInput: 2, tokens: 4, charactersPerInput: 3 };
    const long = "many words more than two";
    const estimated = { measure: new TextMeasure(undefined) };
    const { charactersPerInput: _, ...tokensOnly } = limits;
    expect(distinctTexts([long], rulesOf(tokensOnly, estimated)).refused).toEqual([]);
    const cut = distinctTexts([long, "b"], rulesOf(limits, { truncate: true }));
    expect(cut.refused).toEqual([]);
    expect(planBatches(cut, cut.texts.keys(), limits).map(({ texts }) => texts)).toEqual([[long], ["b"]]);
  });
});

describe("the plan of a stream", () => {
  it("serves each text once, in order, within all limits, equal texts of a request sent once", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 60 }), anyLimits, (inputs, limits) => {
        const plan = new StreamPlan(rulesOf(limits), false);
        const batches: StreamBatch[] = [];
        for (const each of inputs) {
          const finished = plan.push(each);
          if (finished) batches.push(finished);
          if (plan.isFull) batches.push(plan.take());
        }
        if (!plan.isEmpty) batches.push(plan.take());
        const served = batches.flatMap((batch) => batch.inputs.map((input) => ({ batch, input })));
        expect(served.map(({ input }) => input.index)).toEqual([...inputs.keys()]);
        for (const { batch, input } of served) {
          expect(batch.texts[input.position!]).toBe(inputs[input.index]);
        }
        for (const { texts } of batches) {
          expect(new Set(texts).size).toBe(texts.length);
          expectWithinLimits(texts, limits);
        }
      }),
    );
  });

  it("does not wait forever if all texts are equal", () => {
    const plan = new StreamPlan(rulesOf({ inputs: 3 }), false);
    let pushed = 0;
    while (!plan.isFull) pushed += plan.push("same") ? 0 : 1;
    expect(pushed).toBe(12);
    expect(plan.take().texts).toEqual(["same"]);
  });
});
