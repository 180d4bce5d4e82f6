import { describe, expect, it } from "vitest";
import { UsageTotals } from "./usage-totals.ts";

describe("UsageTotals", () => {
  it("adds up requests by model, and not the calls that repeat their sum", () => {
    const usage = new UsageTotals();
    usage.add("embedding", 0, { model: "small" }, { usage: { totalTokens: 7 } });
    usage.add(
      "llm",
      1_500,
      { model: "large" },
      { model: "large-2", usage: { inputTokens: 10, outputTokens: 5 } },
    );
    usage.add("embedding", 2_500, { model: "small" }, { usage: { inputTokens: 3 } });
    usage.add("embed_texts", 3_000, { model: "small", count: 4 }, { usage: { totalTokens: 10 }, cached: 3 });
    usage.add("query", 3_000, undefined, { usage: { totalTokens: 99 } });
    expect([...usage.models.values()]).toMatchObject([
      { model: "small", calls: 2, inputTokens: 10, outputTokens: 0, totalTokens: 10, steps: [7, 0, 3] },
      { model: "large-2", calls: 1, inputTokens: 10, outputTokens: 5, totalTokens: 15, steps: [0, 15] },
    ]);
    expect([usage.cachedTexts, usage.textsOfCalls]).toEqual([3, 4]);
  });

  it("counts requests that do not say what they used", () => {
    const usage = new UsageTotals();
    usage.add("llm", 0, undefined, undefined);
    expect([...usage.models.values()]).toMatchObject([
      { model: "(no name)", calls: 1, uncounted: 1, totalTokens: 0 },
    ]);
  });

  it("knows the cost where there is a price, whenever that comes", () => {
    const usage = new UsageTotals();
    usage.add("llm", 0, { model: "large" }, { usage: { inputTokens: 1_000_000, outputTokens: 500_000 } });
    usage.setPrices({ large: { input: 2, output: 8 }, constructor: { input: 1 } });
    expect(usage.models.get("large")!.cost).toBe(6);
    usage.add("llm", 0, { model: "large" }, { usage: { inputTokens: 500_000 } });
    expect(usage.models.get("large")!.cost).toBe(7);
    usage.add("llm", 0, { model: "other" }, { usage: { inputTokens: 5 } });
    expect(usage.models.get("other")!.cost).toBeUndefined();
  });

  it("makes its steps longer as time goes on, and loses no token", () => {
    const usage = new UsageTotals();
    for (let second = 0; second < 1_000; second++) {
      usage.add("llm", second * 1_000, { model: "a" }, { usage: { inputTokens: 1 } });
    }
    const { steps } = usage.models.get("a")!;
    expect(usage.step).toBe(8_000);
    expect(steps).toHaveLength(125);
    expect(steps.every((tokens) => tokens === 8)).toBe(true);
  });
});
