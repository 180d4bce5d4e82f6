import { describe, expect, it } from "vitest";
import { fakeEmbedding } from "@llx/embeddings/testing";
import { estimateModels, type EstimatedModel, showEstimates } from "./dry-run.ts";

const estimate = {
  texts: 800,
  duplicates: 0,
  cached: 0,
  refused: 0,
  requests: 25,
  tokens: 101_234,
  tokensError: 0.02,
  cost: 0,
  unpriced: undefined,
  batch: undefined,
  duration: 10_400,
  latency: 800,
};

const rows: readonly EstimatedModel[] = [
  { model: "all-MiniLM-L6-v2", estimate },
  {
    model: "text-embedding-3-small",
    estimate: {
      ...estimate,
      requests: 1,
      tokens: 95_400,
      tokensError: 0.15,
      cost: 0.001_908,
      batch: { cost: 0.000_954, window: 86_400_000 },
      duration: 500,
    },
  },
];

describe("the estimates of a dry run", () => {
  it.each([73, 80, 120])("are a table where there are %i columns", (columns) => {
    expect(showEstimates(rows, columns)).toEqual([
      "model                   requests       tokens   time     cost  in batch",
      "all-MiniLM-L6-v2              25  101,234 ±2%   10 s       $0         –",
      "text-embedding-3-small         1  95,400 ±15%  0.5 s  $0.0019  $0.00095",
      "",
      "In batch: within 24 h.",
    ]);
  });

  it("are a list on a narrow terminal", () => {
    expect(showEstimates(rows, 40)).toEqual([
      "all-MiniLM-L6-v2",
      "  requests  25",
      "  tokens    101,234 ±2%",
      "  time      10 s",
      "  cost      $0",
      "  in batch  –",
      "text-embedding-3-small",
      "  requests  1",
      "  tokens    95,400 ±15%",
      "  time      0.5 s",
      "  cost      $0.0019",
      "  in batch  $0.00095",
      "",
      "In batch: within 24 h.",
    ]);
  });

  it("say why there is no cost", () => {
    const unpriced = { ...estimate, cost: undefined, unpriced: "prices have no price of it" };
    const lines = showEstimates([{ model: "mine", estimate: unpriced }], 80);
    expect(lines.slice(1)).toEqual([expect.stringContaining("  ?  "), "", "? prices have no price of it"]);
  });

  it("are those of the chosen model and of paid ones, and send nothing", async () => {
    const model = fakeEmbedding({
      respond() {
        throw new Error("a request was sent");
      },
    });
    const found = await estimateModels(model, ["one text", "another"], new AbortController().signal);
    expect(found.map(({ model: name }) => name)).toEqual([
      "fake-8",
      "text-embedding-3-small",
      "text-embedding-3-large",
    ]);
    expect(found[0]!.estimate.cost).toBeUndefined();
    expect(found[1]!.estimate).toMatchObject({ requests: 1, batch: { window: 86_400_000 } });
  });
});
