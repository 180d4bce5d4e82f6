import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import type { ConformanceSubject } from "./conformance-subject.ts";
import { separateTests } from "./embedding-conformance.ts";
import type { ElementType } from "../contract/element-type.ts";
import { responseMutants } from "./mutants/response-mutants.ts";
import { attemptMutants } from "./mutants/attempt-mutants.ts";
import { batchMutants } from "./mutants/batch-mutants.ts";
import { failureMutants } from "./mutants/failure-mutants.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { otherMutants } from "./mutants/other-mutants.ts";
import { plainEmbedding } from "./mutants/plain-embedding.ts";
import { plainService } from "./mutants/plain-service.ts";
import { limitMutants } from "./mutants/limit-mutants.ts";
import { reportMutants } from "./mutants/report-mutants.ts";

const mutants: readonly Mutant[] = [
  ...responseMutants,
  ...attemptMutants,
  ...reportMutants,
  ...batchMutants,
  ...limitMutants,
  ...failureMutants,
  ...otherMutants,
];
/** Each can be reached before the others. */
const limits = {
  inputs: 4,
  charactersPerInput: 200,
  characters: 520,
  tokensPerInput: 30,
  tokens: 90,
  bytesPerInput: 300,
  bytes: 700,
};
/** The limit for tests that never end with a mutant. */
const shortLimit = 1_500;

function subjectWith(
  { changes = {}, service: changeService = (each) => each, usage }: Partial<Mutant>,
  encoding: "json" | "base64" = "json",
): ConformanceSubject<ElementType> {
  const service = changeService(plainService({ limits, elementType: "float", dimensions: 16 }));
  return {
    name: "a plain provider",
    service,
    usage,
    requestIdHeader: "x-request-id",
    inputTypeOf: ({ body }) => (body as { input_type: "document" | "query" }).input_type,
    create: (options) => plainEmbedding(options, { limits, dimensions: 16, encoding }, changes),
  };
}

describe("the suite finds each planted defect", () => {
  for (const { name, caughtBy, hangs = false, ...defect } of mutants) {
    it.concurrent(`a provider that ${name}`, { timeout: 30_000 }, async () => {
      const settings = hangs ? { timeLimit: shortLimit } : {};
      const tests = separateTests(subjectWith(defect), settings);
      const named = caughtBy.map((test) => {
        const found = tests.find((each) => each.name === test);
        assert(found !== undefined, `there is no test "${test}"`);
        return found;
      });
      expect(named.length).toBeGreaterThan(0);
      const outcomes = await Promise.allSettled(named.map(({ run }) => run()));
      const missed = caughtBy.filter((_, at) => outcomes[at]!.status === "fulfilled");
      expect(missed).toEqual([]);
    });
  }
});

describe("the mutants", () => {
  it("have unique names", () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });
});
