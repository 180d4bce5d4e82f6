import type { ConformanceSettings, ConformanceTest } from "./conformance-subject.ts";
import type { EmbeddingServer } from "./embedding-server.ts";
import type { CommonCase } from "./conformance/common-case.ts";
import { retries } from "./conformance/retries.ts";
import { settings } from "./conformance/settings.ts";
import { argumentChecks } from "./rerank-conformance/argument-checks.ts";
import { calls } from "./rerank-conformance/calls.ts";
import { limits } from "./rerank-conformance/limits.ts";
import { ranking } from "./rerank-conformance/ranking.ts";
import { reports } from "./rerank-conformance/reports.ts";
import { RerankBench } from "./rerank-conformance/rerank-bench.ts";
import type { RerankCase } from "./rerank-conformance/rerank-case.ts";
import { type RerankFacts, rerankFactsOf } from "./rerank-conformance/rerank-facts.ts";
import { responses } from "./rerank-conformance/responses.ts";
import type { RerankerConformanceSubject } from "./reranker-conformance-subject.ts";
import { defaultTimeLimit, runCase } from "./run-case.ts";
import type { ConformanceRunner } from "./register-conformance.ts";

const cases: readonly (RerankCase | CommonCase)[] = [
  ...ranking,
  ...argumentChecks,
  ...limits,
  ...retries,
  ...responses,
  ...calls,
  ...reports,
  ...settings,
];

/**
 * The tests that every reranker must pass, for any runner: see `registerRerankerConformance`. Each has its own server,
 * rerankers and time limit. What a subject does not declare is not tested.
 *
 * @throws TypeError for a service without a part that ranks texts, or whose `apiKey` is shorter than 12 characters
 */
export function rerankerConformance(
  subject: RerankerConformanceSubject,
  { timeLimit = defaultTimeLimit }: ConformanceSettings = {},
): ConformanceTest[] {
  const facts = rerankFactsOf(subject);
  const { service } = subject;
  const open = (server: EmbeddingServer | undefined): RerankBench => new RerankBench(subject, facts, server);
  return cases
    .filter(({ applies = hasService }) => applies(facts))
    .map(({ name, run }) => ({ name, run: () => runCase({ name, service, timeLimit, open, run }) }));
}

function hasService(facts: RerankFacts): boolean {
  return facts.hasService;
}

/**
 * Registers the tests that every reranker must pass.
 *
 * @example
 * ```ts
 * import { describe, it } from "vitest"; // or from "node:test"
 * registerRerankerConformance({ name: "mine", service, create: myReranker }, { describe, it });
 * ```
 */
export function registerRerankerConformance(
  subject: RerankerConformanceSubject,
  { describe, it }: ConformanceRunner,
  { timeLimit = defaultTimeLimit }: ConformanceSettings = {},
): void {
  // The runner's limit is longer than that of the tests, whose message says more.
  const timeout = timeLimit + 5_000;
  describe(`${subject.name} meets the reranker contract`, () => {
    for (const { name, run } of rerankerConformance(subject, { timeLimit })) it(name, run, timeout);
  });
}
