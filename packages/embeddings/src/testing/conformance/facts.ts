import { inspect, isDeepStrictEqual } from "node:util";
import type { ElementType } from "../../contract/element-type.ts";
import type { EmbeddingCapabilities } from "../../contract/embedding-model.ts";
import type { EmbeddingLimits } from "../../contract/embedding-limits.ts";
import type { EmbeddingModel } from "../../contract/embedding-model.ts";
import type { ConformanceOptions, ConformanceSubject } from "../conformance-subject.ts";
import type { FakeAsk, FakeItem, FakeReply, FakeService } from "../fake-service.ts";
import { withNullItem } from "../null-item.ts";
import { acceptedOptions, type CommonFacts, nowhere } from "./common-case.ts";

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
  /** Whether the fake returns indexes as they are given, whatever they are: one that counts from 1 cannot. */
  readonly keepsIndexes: boolean;
  /** Whether the service sorts vectors by their index, which tests must be able to shuffle. */
  readonly sortsVectors: boolean;
  /** The limits that the service states. */
  readonly fakeLimits: EmbeddingLimits | undefined;
  /** Whether a response has a list with an item for each text. */
  readonly hasList: boolean;
  /** Whether the service reports tokens. */
  readonly hasUsage: boolean;
  readonly hasRequestId: boolean;
  /** Whether it may report its rate limits. */
  readonly reportsRateLimits: boolean;
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
  const sortsVectors = service !== undefined && sorts(service);
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
    sortsVectors,
    fakeLimits: service?.limits,
    hasIndex:
      service !== undefined &&
      !sortsVectors &&
      !isDeepStrictEqual(bodyFrom(service, 0), bodyFrom(service, 1)),
    keepsIndexes: service !== undefined && keepsIndexes(service),
    hasList: service !== undefined && hasList(bodyFrom(service, 0)),
    hasUsage:
      service !== undefined &&
      subject.usage !== "none" &&
      !isDeepStrictEqual(countsIn(subject, "a"), countsIn(subject, "a longer text")),
    hasRequestId: subject.requestIdHeader !== undefined,
    reportsRateLimits: subject.rateLimits !== "none",
    readsInputType: subject.inputTypeOf !== undefined,
    ...acceptedOptions(service !== undefined, (more) => unusedModel(subject, more)),
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
  const options = {
    apiKey: service?.apiKey ?? "",
    baseUrl: service === undefined ? "" : nowhere,
    ...more,
  };
  const model = createWith(subject, options);
  model.aclose().catch((error: unknown) => {
    process.emitWarning(`an unused model could not be closed: ${inspect(error)}`);
  });
  return model;
}

/** @throws what `create` throws, with advice for an option that the provider refuses because it does not list it */
function createWith(subject: ConformanceSubject<ElementType>, options: ConformanceOptions): Model {
  try {
    return subject.create(options);
  } catch (error) {
    if (!isUnlisted(error)) throw error;
    throw new TypeError(`create of ${subject.name}: ${error.message}. Or ${listing}`, { cause: error });
  }
}

export const listing =
  "if the provider has it, list it in `options` of createEmbeddingModel, and in what checkOptionNames is given";

/** Whether a provider refuses an option as unknown. */
export function isUnlisted(error: unknown): error is TypeError {
  return error instanceof TypeError && error.message.startsWith("there is no option ");
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

function keepsIndexes(service: FakeService): boolean {
  const other = "an index of another kind" as never;
  const items = [{ index: other, embedding: [1, 0] }];
  return JSON.stringify(bodyOf(service, items)).includes(JSON.stringify(other));
}

function hasList(body: unknown): boolean {
  return !isDeepStrictEqual(body, withNullItem(body, 2));
}

/** Whether the order in which vectors are given makes no difference. */
function sorts(service: FakeService): boolean {
  const items = itemsFrom(0);
  return isDeepStrictEqual(bodyOf(service, items), bodyOf(service, items.toReversed()));
}

/** What may count the tokens of a text: some services state them in a header. */
function countsIn({ service, requestIdHeader }: ConformanceSubject<ElementType>, text: string): unknown {
  const { body, headers = {} } = answerOf(service!, itemsFrom(0), text);
  return [body, Object.entries(headers).filter(([name]) => name !== requestIdHeader)];
}

/** The body of a response whose first vector has this index. */
function bodyFrom(service: FakeService, first: number): unknown {
  return bodyOf(service, itemsFrom(first));
}

function bodyOf(service: FakeService, items: readonly FakeItem[]): unknown {
  return answerOf(service, items, "a").body;
}

function answerOf(service: FakeService, items: readonly FakeItem[], text: string): FakeReply {
  const ask: FakeAsk = { texts: [text, "b"], dimensions: 2, elementType: "float", encoding: "json" };
  return service.answer(items, ask);
}

function itemsFrom(first: number): FakeItem[] {
  return [
    { index: first, embedding: [1, 0] },
    { index: 1 - first, embedding: [0, 1] },
  ];
}
