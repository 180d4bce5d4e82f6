import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { plainReranker } from "./mutants/plain-reranker.ts";
import { plainRerankService } from "./mutants/plain-rerank-service.ts";
import { type RerankMutant, rerankMutants } from "./mutants/rerank-mutants.ts";
import { rerankerConformance } from "./reranker-conformance.ts";
import type { RerankerConformanceSubject } from "./reranker-conformance-subject.ts";

/** Each can be reached before the others. */
const limits = { inputs: 20, tokensPerQuery: 40, tokensPerInput: 60, tokensPerPair: 90, tokens: 800 };
/** The limit for tests that never end with a mutant. */
const shortLimit = 1_500;

function subjectWith({
  changes = {},
  service: changeService = (each) => each,
}: Partial<RerankMutant>): RerankerConformanceSubject {
  return {
    name: "a plain reranker",
    service: changeService(plainRerankService(limits)),
    requestIdHeader: "x-request-id",
    create: (options) => plainReranker(options, limits, changes),
  };
}

describe("the suite finds each planted defect", () => {
  for (const { name, caughtBy, hangs = false, ...defect } of rerankMutants) {
    it.concurrent(`a reranker that ${name}`, { timeout: 30_000 }, async () => {
      const tests = rerankerConformance(subjectWith(defect), hangs ? { timeLimit: shortLimit } : {});
      const named = caughtBy.map((test) => {
        const found = tests.find((each) => each.name === test);
        assert(found !== undefined, `there is no test "${test}"`);
        return found;
      });
      expect(named.length).toBeGreaterThan(0);
      const outcomes = await Promise.allSettled(named.map(({ run }) => run()));
      expect(caughtBy.filter((_, at) => outcomes[at]!.status === "fulfilled")).toEqual([]);
    });
  }
});

it("the mutants have unique names", () => {
  expect(new Set(rerankMutants.map(({ name }) => name)).size).toBe(rerankMutants.length);
});
