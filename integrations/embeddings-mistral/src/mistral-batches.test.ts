import { registerBatchConformance, startBatchServer } from "@llx/embeddings/testing";
import { describe, expect, it } from "vitest";
import { mistralBatches } from "./batch.ts";
import { mistralEmbedding } from "./index.ts";
import { fakeMistralBatches } from "./testing.ts";

registerBatchConformance(
  {
    name: "mistralBatches",
    service: fakeMistralBatches(),
    create: ({ baseUrl, ...options }) => mistralBatches({ ...options, baseUrl: `${baseUrl}/v1` }),
  },
  { describe, it: it.concurrent },
);

describe("a batch of Mistral", () => {
  it("has the lines and the limits of its documents", async () => {
    const batches = mistralBatches({
      apiKey: "fake-key-of-mistral",
      model: "codestral-embed",
      dimensions: 256,
    });
    expect(batches.line("t-1", "a", "document")).toBe(
      '{"custom_id":"t-1","body":{"input":"a","output_dimension":256}}\n',
    );
    expect(batches.batchLimits).toEqual({ inputs: 100_000, bytes: 512_000_000, window: 24 * 3_600_000 });
    expect(() => mistralBatches({ apiKey: "k", batchLimits: { inputs: 100_001 } })).toThrow(
      "batchLimits.inputs must be 100,000 at most",
    );
    await batches.aclose();
  });

  it("shares its cache with the live model", async () => {
    await using server = await startBatchServer(fakeMistralBatches());
    const options = { apiKey: "fake-key-of-mistral", baseUrl: `${server.url}/v1` };
    const store = new Map<string, unknown>();
    await using live = mistralEmbedding({ ...options, cache: store });
    const embedding = await live.getTextEmbedding("one");
    await using batches = mistralBatches(options);
    expect(await batches.openCache(store, "document").read(["one"])).toEqual([embedding]);
  });
});
