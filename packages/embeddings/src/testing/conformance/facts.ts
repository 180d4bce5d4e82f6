import { inspect, isDeepStrictEqual } from "node:util";
import type { ElementType } from "../../contract/element-type.ts";
import type { EmbeddingCapabilities } from "../../contract/embedding-model.ts";
import type { EmbeddingLimits } from "../../contract/embedding-limits.ts";
import type { EmbeddingModel } from "../../contract/embedding-model.ts";
import type { ConformanceOptions, ConformanceSubject } from "../conformance-subject.ts";
import type { FakeAsk, FakeService } from "../fake-service.ts";
import { withNullItem } from "../null-item.ts";
import type { CommonFacts } from "./common-case.ts";

type Model = EmbeddingModel<ElementType>;

/** What a model declares for one of its element types. */
export interface Declared {
  readonly elementType: ElementType;
  readonly limits: EmbeddingLimits;
  /** Creates a model with the element type. */
  readonly options: Partial<ConformanceOptions>;
  /** Names the element type in messages, unless it is that of the subject. */
  readonly note: string;
}

/** The declarations of a subject. They decide which tests there are. */
export interface Facts extends CommonFacts {
  readonly provider: string;
  readonly model: string;
  readonly limits: EmbeddingLimits;
  readonly capabilities: EmbeddingCapabilities;
  readonly elementType: ElementType;
  /** For the element type of the subject, and for others where `create` accepts them. */
  readonly declared: readonly Declared[];
  /** Whether the service returns the index of the text of each vector. */
  readonly hasIndex: boolean;
  /** Whether a response has a list with an item for each text. */
  readonly hasList: boolean;
  readonly hasUsage: boolean;
  readonly hasRequestId: boolean;
  readonly readsInputType: boolean;
  /** Limits that the service does not enforce. */
  readonly unenforced: readonly (keyof EmbeddingLimits)[];
}

/** Output is searched for the key; a shorter one may occur by chance. */
const shortestKey = 12;

/** @throws TypeError for a service whose key is too short to be searched for */
export function factsOf(subject: ConformanceSubject<ElementType>): Facts {
  const { service } = subject;
  checkKey(service);
  const { provider, model, limits, capabilities, elementType } = unusedModel(subject);
  const others = capabilities.elementTypes.filter((type) => type !== elementType);
  return {
    provider,
    model,
    limits,
    capabilities,
    elementType,
    declared: [
      { elementType, limits, options: {}, note: "" },
      ...others.flatMap((type) => declaredFor(subject, type)),
    ],
    hasService: service !== undefined,
    hasIndex: service !== undefined && !isDeepStrictEqual(bodyOf(service, 0), bodyOf(service, 1)),
    hasList: service !== undefined && hasList(bodyOf(service, 0)),
    hasUsage:
      service !== undefined && !isDeepStrictEqual(bodyOf(service, 0), bodyOf(service, 0, "a longer text")),
    hasRequestId: subject.requestIdHeader !== undefined,
    readsInputType: subject.inputTypeOf !== undefined,
    acceptsHeaders: service !== undefined && acceptsHeaders(subject),
    unenforced: subject.unenforced ?? [],
    statesWait: statesWait(service),
  };
}

/** @throws TypeError for a service whose key is too short to be searched for */
export function checkKey(service: FakeService | undefined): void {
  if (service !== undefined && service.apiKey.length < shortestKey) {
    throw new TypeError(`apiKey of the service must have ${shortestKey} characters or more`);
  }
}

/** Whether a refusal states how long to wait. */
export function statesWait(service: FakeService | undefined): boolean {
  if (service === undefined) return false;
  return !isDeepStrictEqual(service.refuse(429, "busy"), service.refuse(429, "busy", 30));
}

/** A model that is closed at once. Nothing listens at its address, and nothing is sent there. */
function unusedModel(subject: ConformanceSubject<ElementType>, more: object = {}): Model {
  const { service } = subject;
  const model = subject.create({
    apiKey: service?.apiKey ?? "",
    baseUrl: service === undefined ? "" : "http://127.0.0.1:9",
    ...more,
  });
  model.aclose().catch((error: unknown) => {
    process.emitWarning(`an unused model could not be closed: ${inspect(error)}`);
  });
  return model;
}

/** Nothing for a subject whose element type is fixed. */
function declaredFor(subject: ConformanceSubject<ElementType>, elementType: ElementType): Declared[] {
  try {
    const model = unusedModel(subject, { elementType });
    const note = ` with elementType: ${JSON.stringify(elementType)}`;
    const declared = { elementType, limits: model.limits, options: { elementType }, note };
    return model.elementType === elementType ? [declared] : [];
  } catch {
    return [];
  }
}

/** A provider refuses an unknown option. */
function acceptsHeaders(subject: ConformanceSubject<ElementType>): boolean {
  try {
    unusedModel(subject, { headers: {} });
    return true;
  } catch {
    return false;
  }
}

function hasList(body: unknown): boolean {
  return !isDeepStrictEqual(body, withNullItem(body, 2));
}

/** The body of a response whose first vector has this index. */
function bodyOf(service: FakeService, first: number, text = "a"): unknown {
  const ask: FakeAsk = { texts: [text, "b"], dimensions: 2, elementType: "float", encoding: "json" };
  const items = [
    { index: first, embedding: [1, 0] },
    { index: 1 - first, embedding: [0, 1] },
  ];
  return service.answer(items, ask).body;
}
