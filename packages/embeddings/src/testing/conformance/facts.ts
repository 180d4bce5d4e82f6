import { inspect, isDeepStrictEqual } from "node:util";
import type { ElementType } from "../../contract/element-type.ts";
import type { EmbeddingCapabilities } from "../../contract/embedding-model.ts";
import type { EmbeddingLimits } from "../../contract/embedding-limits.ts";
import type { EmbeddingModel } from "../../contract/embedding-model.ts";
import type { ConformanceSubject } from "../conformance-subject.ts";
import type { FakeAsk, FakeService } from "../fake-service.ts";

type Model = EmbeddingModel<ElementType>;

/** What a subject says of itself. It decides which tests there are. */
export interface Facts {
  readonly limits: EmbeddingLimits;
  readonly capabilities: EmbeddingCapabilities;
  readonly elementType: ElementType;
  readonly hasService: boolean;
  /** Whether the service says which text a vector is of. */
  readonly tellsIndex: boolean;
  readonly tellsUsage: boolean;
  readonly hasRequestId: boolean;
  readonly readsInputType: boolean;
  /** Whether it has the option `headers`, and somebody to send them to. */
  readonly takesHeaders: boolean;
}

/** A key is looked for in all that is shown; a shorter one may be part of anything. */
const shortestKey = 12;

/** @throws TypeError for a service whose key is too short to be looked for */
export function factsOf(subject: ConformanceSubject<ElementType>): Facts {
  const { service } = subject;
  if (service !== undefined && service.apiKey.length < shortestKey) {
    throw new TypeError(`apiKey of the service must have ${shortestKey} characters or more`);
  }
  const { limits, capabilities, elementType } = unusedModel(subject);
  return {
    limits,
    capabilities,
    elementType,
    hasService: service !== undefined,
    tellsIndex: service !== undefined && !isDeepStrictEqual(answerOf(service, 0), answerOf(service, 1)),
    tellsUsage: service !== undefined && "usage" in (answerOf(service, 0) as object),
    hasRequestId: subject.requestIdHeader !== undefined,
    readsInputType: subject.inputTypeOf !== undefined,
    takesHeaders: service !== undefined && takesHeaders(subject),
  };
}

/** A model that is closed at once. Nobody listens at its address, and nothing is sent there. */
function unusedModel(subject: ConformanceSubject<ElementType>, more: object = {}): Model {
  const { service } = subject;
  const model = subject.create({
    apiKey: service?.apiKey ?? "",
    baseUrl: service === undefined ? "" : "http://127.0.0.1:9",
    ...more,
  });
  model.aclose().catch((error: unknown) => {
    process.emitWarning(`a model that nobody has used could not be closed: ${inspect(error)}`);
  });
  return model;
}

/** What a provider does not have, it refuses. */
function takesHeaders(subject: ConformanceSubject<ElementType>): boolean {
  try {
    unusedModel(subject, { headers: {} });
    return true;
  } catch {
    return false;
  }
}

/** The body of an answer whose first vector has this index. */
function answerOf(service: FakeService, first: number): unknown {
  const ask: FakeAsk = { texts: ["a", "b"], dimensions: 2, elementType: "float", encoding: "json" };
  const items = [
    { index: first, embedding: [1, 0] },
    { index: 1 - first, embedding: [0, 1] },
  ];
  return service.answer(items, ask).body;
}
