import { inspect, isDeepStrictEqual } from "node:util";
import type { RerankLimits } from "../../rerank/rerank-limits.ts";
import type { Reranker, RerankTruncation } from "../../rerank/reranker.ts";
import { acceptedOptions, type CommonFacts, nowhere } from "../conformance/common-case.ts";
import { checkKey, statesWait } from "../conformance/facts.ts";
import type { FakeRerankPart } from "../fake-service.ts";
import type { RerankerConformanceSubject } from "../reranker-conformance-subject.ts";

/** The declarations of a subject. They decide which tests there are. */
export interface RerankFacts extends CommonFacts {
  readonly limits: RerankLimits;
  readonly truncation: RerankTruncation;
  readonly hasUsage: boolean;
  readonly hasRequestId: boolean;
  /** Limits that the service does not enforce. */
  readonly unenforced: readonly (keyof RerankLimits)[];
}

/** @throws TypeError for a service without a part that ranks texts, or with a key too short to be searched for */
export function rerankFactsOf(subject: RerankerConformanceSubject): RerankFacts {
  const { service } = subject;
  checkKey(service);
  if (service !== undefined && service.rerank === undefined) {
    throw new TypeError("the service has no part rerank: define it in the fake");
  }
  const { limits, truncation } = unusedReranker(subject);
  return {
    limits,
    truncation,
    hasService: service !== undefined,
    hasUsage:
      service?.rerank !== undefined &&
      !isDeepStrictEqual(bodyFor(service.rerank, 1), bodyFor(service.rerank, 999)),
    hasRequestId: subject.requestIdHeader !== undefined,
    ...acceptedOptions(service !== undefined, (more) => unusedReranker(subject, more)),
    unenforced: subject.unenforced ?? [],
    statesWait: statesWait(service),
  };
}

/** A reranker that is closed at once. Nothing listens at its address, and nothing is sent there. */
function unusedReranker(subject: RerankerConformanceSubject, more: object = {}): Reranker {
  const { service } = subject;
  const reranker = subject.create({
    apiKey: service?.apiKey ?? "",
    baseUrl: service === undefined ? "" : nowhere,
    ...more,
  });
  reranker.aclose().catch((error: unknown) => {
    process.emitWarning(`an unused reranker could not be closed: ${inspect(error)}`);
  });
  return reranker;
}

/** The body of a response for this many texts, with one result. */
function bodyFor(part: FakeRerankPart, texts: number): unknown {
  const ask = { query: "a", texts: Array.from({ length: texts }, () => "b"), topN: 1 };
  return part.answer([{ index: 0, score: 0.5 }], ask).body;
}
