import assert from "node:assert/strict";
import { passages, rejectionError } from "./assertions.ts";
import type { ConformanceCase } from "./conformance-case.ts";

const names = ["inputTokens", "outputTokens", "totalTokens"] as const;

export const reports: readonly ConformanceCase[] = [
  {
    name: "adds up the usage of all requests",
    applies: ({ hasUsage }) => hasUsage,
    async run(bench) {
      const { inputs } = bench.facts.limits;
      const model = bench.create();
      const texts = bench.textsFor(2);
      const { usage: first } = await model.getTextEmbeddingBatch(texts.slice(0, inputs));
      const { usage: second } = await model.getTextEmbeddingBatch(texts.slice(inputs));
      const { usage: both } = await model.getTextEmbeddingBatch(texts);
      assert(first && second && both, "usage must be returned if the service reports it");
      assert((first.totalTokens ?? first.inputTokens ?? 0) > 0, "usage must have tokens");
      for (const name of names) {
        const sum: number | undefined = first[name] === undefined ? undefined : first[name] + second[name]!;
        assert.equal(both[name], sum, `${name} must be the sum of those of the requests`);
      }
    },
  },
  {
    name: "counts a request that succeeds at the second attempt once",
    applies: ({ hasUsage }) => hasUsage,
    async run(bench) {
      const model = bench.create();
      const texts = bench.textsForOne(3);
      const { usage: atOnce } = await model.getTextEmbeddingBatch(texts);
      bench.server.plan({ kind: "status", status: 503 });
      const { usage: later } = await model.getTextEmbeddingBatch(texts);
      assert.deepEqual(later, atOnce);
    },
  },
  {
    name: "usage is unknown if one request does not report it",
    applies: ({ hasUsage }) => hasUsage,
    async run(bench) {
      bench.server.plan("none", { kind: "noUsage" });
      const texts = bench.textsFor(2);
      const { usage, embeddings } = await bench.create().getTextEmbeddingBatch(texts, { workers: 1 });
      bench.assertAllRight(embeddings, texts);
      for (const name of names) {
        assert.equal(usage?.[name], undefined, `${name} is unknown if a request does not report it`);
      }
    },
  },
  {
    name: "returns the provider's ids of requests",
    applies: ({ hasService, hasRequestId }) => hasService && hasRequestId,
    async run(bench) {
      const header = bench.subject.requestIdHeader!;
      const headersOf = (id: string) => ({ [header]: id });
      bench.server.plan(
        { kind: "headers", headers: headersOf("request-of-good-response") },
        { kind: "status", status: 400, headers: headersOf("request-of-refusal") },
      );
      const model = bench.create();
      const { requestIds } = await model.getTextEmbeddingBatch(bench.textsForOne(2));
      assert.deepEqual(requestIds, ["request-of-good-response"]);
      const error = await rejectionError(model.getTextEmbedding(passages(1)[0]!), "status 400");
      assert.equal(error.requestId, "request-of-refusal");
    },
  },
];
