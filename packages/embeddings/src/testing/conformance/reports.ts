import assert from "node:assert/strict";
import { RateLimiter } from "@llx/async";
import { assertRequestId, passages, rejectionError } from "./assertions.ts";
import type { ConformanceCase } from "./conformance-case.ts";

const names = ["inputTokens", "outputTokens", "totalTokens"] as const;

/** That 7 requests are left, in the headers that many services have. */
const usualRateLimits = {
  "x-ratelimit-limit-requests": "50",
  "x-ratelimit-remaining-requests": "7",
  "x-ratelimit-reset-requests": "40s",
};

const declareNone = 'return no usage, and register the suite with `usage: "none"`';

export const usageIsMissing =
  "usage must be returned if the service reports it. If what it reports are not tokens (but characters, searches or " +
  `credits), ${declareNone}`;

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
      assert(first && second && both, usageIsMissing);
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
    name: "usage has tokens, and not characters",
    applies: ({ hasUsage }) => hasUsage,
    async run(bench) {
      const [text] = bench.textsForOne(1) as [string];
      const { length } = text;
      if (bench.subject.service?.countTokens?.(text) === length) return;
      const { usage } = await bench.create().getTextEmbeddingBatch([text]);
      for (const name of names) {
        assert.notEqual(
          usage?.[name],
          length,
          `${name} is ${length} for a text of ${length} characters: characters are no tokens, so ${declareNone}; ` +
            "if a token is a character, let the fake say so in countTokens",
        );
      }
    },
  },
  {
    name: "returns no usage, as the service reports no tokens",
    applies: ({ hasService, hasUsage }) => hasService && !hasUsage,
    async run(bench) {
      const { usage } = await bench.create().getTextEmbeddingBatch(bench.textsForOne(3));
      for (const name of names) {
        const message = `${name} is ${usage?.[name]}, and the service reports no tokens: return no usage`;
        assert.equal(usage?.[name], undefined, message);
      }
    },
  },
  {
    name: "heeds the rate limits that a response reports",
    applies: ({ hasService, reportsRateLimits }) => hasService && reportsRateLimits,
    async run(bench) {
      const { rateLimits } = bench.subject;
      const headers = typeof rateLimits === "object" ? rateLimits : usualRateLimits;
      const rate = new RateLimiter({ requests: { limit: 1_000, interval: 60_000 } });
      const model = bench.create({ rate });
      bench.server.plan({ kind: "headers", headers });
      await bench.use(model);
      const { limit, free } = rate.state.requests!;
      // A service may state only what is left.
      const stated = headers === usualRateLimits ? { limit: 50, free: 7 } : { limit, free: 7 };
      assert.deepEqual(
        { limit, free },
        stated,
        `the service reports in its headers (${Object.keys(headers).join(", ")}) that 7 requests are left: return rateLimits of the ` +
          "response of HttpClient, which has readRateLimits for other headers. Register the suite with `rateLimits`: the headers of the " +
          'service with what they say then, or "none", if it never reports any',
      );
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
      assertRequestId(header, requestIds.join(", ") || undefined, "request-of-good-response");
      const error = await rejectionError(model.getTextEmbedding(passages(1)[0]!), "status 400");
      assertRequestId(header, error.requestId, "request-of-refusal");
    },
  },
];
