import assert from "node:assert/strict";
import type { Reranker, Reranking } from "../../rerank/reranker.ts";
import { passages, secretBeginning } from "../conformance/assertions.ts";
import { ServiceBench } from "../conformance/service-bench.ts";
import type { EmbeddingServer } from "../embedding-server.ts";
import { fakeScore } from "../fake-score.ts";
import type { FakeRerankAsk } from "../fake-service.ts";
import type {
  RerankerConformanceOptions,
  RerankerConformanceSubject,
} from "../reranker-conformance-subject.ts";
import type { RerankFacts } from "./rerank-facts.ts";

/** The query of the tests, which is searched for in output. */
export const query = `${secretBeginning}: which of the leases ends?`;

/** The tools of one test. */
export class RerankBench extends ServiceBench<Reranker, RerankerConformanceOptions> {
  readonly subject: RerankerConformanceSubject;
  readonly facts: RerankFacts;

  constructor(subject: RerankerConformanceSubject, facts: RerankFacts, server: EmbeddingServer | undefined) {
    super(subject, server);
    this.subject = subject;
    this.facts = facts;
  }

  async use(reranker: Reranker, nth = 0): Promise<void> {
    const texts = passages(3, `lease ${nth}`);
    this.assertRanked(await reranker.rerank(query, texts), query, texts);
  }

  /** Some texts that a request takes: as many as asked for, or as fit. */
  texts(most: number): string[] {
    return passages(Math.min(most, this.facts.limits.inputs ?? Infinity));
  }

  /** What a request that has arrived asks for. */
  askOf(request: number): FakeRerankAsk {
    const { rerankAsk } = this.server.requests[request] ?? {};
    assert(rerankAsk !== undefined, `request ${request + 1} has not arrived, or the service refuses it`);
    return rerankAsk;
  }

  /** Checks that the results are those that the service has for the texts, the best first. */
  assertRanked(
    { results }: Pick<Reranking, "results">,
    asked: string,
    texts: readonly string[],
    topN = texts.length,
  ): void {
    const expected = texts
      .map((text, index) => ({ index, score: fakeScore(asked, text) }))
      .toSorted((one, other) => other.score - one.score || one.index - other.index)
      .slice(0, topN);
    assert.deepEqual(results, expected, "the results must be those of the service, the best first");
  }
}
