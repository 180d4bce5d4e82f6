import type { AnyEmbedding } from "../contract/element-type.ts";
import { fakeScore } from "./fake-score.ts";
import type {
  FakeAsk,
  FakeItem,
  FakeRanked,
  FakeReply,
  FakeRequest,
  FakeRerankAsk,
  FakeService,
} from "./fake-service.ts";
import { fakeVectorOf } from "./fake-vector.ts";
import type { Fault, PlannedFault } from "./fault.ts";
import { withNullItem } from "./null-item.ts";
import { toItems } from "./to-items.ts";

/** A request that a service accepts, and its planned fault. */
export interface FaultyRequest<Ask = FakeAsk> {
  readonly service: FakeService;
  readonly request: FakeRequest;
  readonly ask: Ask;
  readonly fault: PlannedFault;
  /** The seed of the vectors or scores. */
  readonly seed: number;
}

/** A JSON number that is replaced by one that JSON does not have. */
const placeholder = 8.123456789e300;
const page = "<html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>";

/** The response of the service, with the fault. `sendReply` handles the faults of the connection. */
export function applyFault({ service, request, ask, fault, seed }: FaultyRequest): FakeReply {
  const answer = (
    change: (items: FakeItem[], vectors: AnyEmbedding[]) => FakeItem[] = (items) => items,
    billed = ask,
  ) => {
    const vectors = ask.texts.map((text) => fakeVectorOf(text, ask.elementType, ask.dimensions, seed));
    return service.answer(change(toItems(vectors, ask.encoding), vectors), billed);
  };
  if (fault === undefined || fault === "none") return answer();
  switch (fault.kind) {
    case "notFinite":
      return notFinite(answer, ask, fault.value ?? "1e999");
    case "zeroVector":
      return answer((_, vectors) => {
        vectors.at(-1)!.fill(0);
        return toItems(vectors, ask.encoding);
      });
    case "wrongDimension": {
      const { which = "all", dimensions = ask.dimensions + 8 } = fault;
      const wrong = ask.texts.map((text) => fakeVectorOf(text, ask.elementType, dimensions, seed));
      const items = toItems(wrong, ask.encoding);
      return answer((right) => (which === "all" ? items : [...right.slice(0, -1), items.at(-1)!]));
    }
    case "base64":
      return answer((_, vectors) => toItems(vectors, "base64"));
    case "notBase64":
      return answer((_, vectors) => toItems(vectors, "json"));
    case "badBase64":
      return answer((_, vectors) =>
        toItems(vectors, "base64").map((item, at) =>
          at === 0 ? damaged(item, fault.how ?? "length") : item,
        ),
      );
    case "noUsage":
      return withoutUsage(answer(), answer(undefined, { ...ask, texts: ask.texts.map(longer) }));
    default:
      return applyCommonFault(service, request, fault, ask.texts.length, answer);
  }
}

/** The same for a request to a reranker. Faults of vectors leave the response as it is. */
export function applyRerankFault({
  service,
  request,
  ask,
  fault,
  seed,
}: FaultyRequest<FakeRerankAsk>): FakeReply {
  const ranked = ask.texts
    .map((text, index) => ({ index, score: fakeScore(ask.query, text, seed) }))
    .toSorted((one, other) => other.score - one.score)
    .slice(0, ask.topN);
  const answer = (
    change: (results: FakeRanked[]) => FakeRanked[] = (results) => results,
    billed = ask,
  ): FakeReply => service.rerank!.answer(change(ranked), billed);
  if (fault === undefined || fault === "none") return answer();
  if (fault.kind === "noUsage") {
    return withoutUsage(answer(), answer(undefined, { ...ask, query: longer(ask.query) }));
  }
  if (fault.kind !== "notFinite") {
    return applyCommonFault(service, request, fault, ask.texts.length, answer);
  }
  const { value = "1e999" } = fault;
  const score = value === "null" ? null : placeholder;
  const reply = answer((results) =>
    results.map((item, at) => (at === results.length - 1 ? { ...item, score } : item)),
  );
  return withNumber(reply, value);
}

/** Faults of responses of both kinds. */
function applyCommonFault<Item extends { readonly index: number }>(
  service: FakeService,
  request: FakeRequest,
  fault: Fault,
  texts: number,
  answer: (change?: (items: Item[]) => Item[]) => FakeReply,
): FakeReply {
  switch (fault.kind) {
    case "status":
      return withHeaders(
        service.refuse(fault.status, fault.message ?? `planned status ${fault.status}`, fault.wait),
        fault.headers,
      );
    case "headers":
      return withHeaders(answer(), fault.headers);
    case "echo":
      return service.refuse(
        fault.status ?? 400,
        `cannot do ${JSON.stringify({ headers: request.headers, body: request.body })}`,
      );
    case "html":
      return { status: fault.status ?? 200, body: page };
    case "notJson":
      return { status: 200, headers: { "content-type": "application/json" }, body: "not JSON at all" };
    case "empty":
      return { status: 200, headers: { "content-type": "application/json" }, body: "" };
    case "otherShape":
      return { status: fault.status ?? 200, body: fault.body ?? {} };
    case "shuffled":
      // Rotated by one, so that with two texts or more none is at its own position.
      return answer((items) => [...items.slice(1), ...items.slice(0, 1)]);
    case "missing":
      return answer((items) => items.slice(0, -1));
    case "extra":
      return answer((items) => [...items, { ...items[0]!, index: texts }]);
    case "duplicate":
      return answer((items) =>
        items.map((item, at) => (at === items.length - 1 ? { ...item, index: items[0]!.index } : item)),
      );
    case "outOfRange":
      return answer((items) => items.map((item, at) => (at === 0 ? { ...item, index: texts } : item)));
    case "badIndex":
      return answer((items) =>
        items.map((item, at) => (at === 0 ? { ...item, index: "first" as never } : item)),
      );
    case "nullItem": {
      const reply = answer();
      return { ...reply, body: withNullItem(reply.body, texts) };
    }
    case "indexes":
      return answer((items) => withIndexes(items, fault.how));
    default:
      return answer();
  }
}

function notFinite(
  answer: (change: (items: FakeItem[], vectors: AnyEmbedding[]) => FakeItem[]) => FakeReply,
  ask: FakeAsk,
  value: "1e999" | "null" | "NaN",
): FakeReply {
  const reply = answer((items, vectors) => {
    const last = vectors.length - 1;
    if (ask.encoding === "base64" && ask.elementType === "float") {
      vectors[last]![0] = value === "1e999" ? Infinity : Number.NaN;
      return toItems(vectors, "base64");
    }
    const numbers = Array.from<number | null>(vectors[last]!);
    numbers[0] = value === "null" ? null : placeholder;
    return items.map((item, at) => (at === last ? { index: last, embedding: numbers } : item));
  });
  return withNumber(reply, value);
}

/** Puts a number that JSON does not have, or cannot hold, in the place of the placeholder. */
function withNumber(reply: FakeReply, value: string): FakeReply {
  const body = JSON.stringify(reply.body).replaceAll(JSON.stringify(placeholder), value);
  return withHeaders({ ...reply, body }, { "content-type": "application/json" });
}

type Indexes = Extract<PlannedFault, { readonly kind: "indexes" }>["how"];

function withIndexes<Item extends { readonly index: number }>(items: readonly Item[], how: Indexes): Item[] {
  const changed = items.map((item) => ({ ...item, index: indexOf(item.index, how) as number }));
  return how === "strings" ? changed.toReversed() : changed;
}

function indexOf(index: number, how: Indexes): unknown {
  const indexes: Readonly<Record<Indexes, unknown>> = {
    noZero: index === 0 ? undefined : index,
    none: undefined,
    strings: String(index),
    zeros: 0,
    fromOne: index + 1,
  };
  return indexes[how];
}

function damaged(item: FakeItem, how: "length" | "characters"): FakeItem {
  const text = String(item.embedding);
  // Four characters are three bytes: no number of floats.
  return { ...item, embedding: how === "length" ? text.slice(4) : `!${"*".repeat(7)}${text.slice(8)}` };
}

function withHeaders(reply: FakeReply, headers: FakeReply["headers"] = {}): FakeReply {
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

const longer = (text: string): string => `${text} and some more words`;

/** @param other the reply to longer texts with the same results: what differs are numbers of tokens */
function withoutUsage(reply: FakeReply, other: FakeReply): FakeReply {
  const headers = Object.entries(reply.headers ?? {}).filter(([name]) => !name.endsWith("-token-count"));
  return { ...reply, headers: Object.fromEntries(headers), body: withoutTokens(reply.body, other.body) };
}

/**
 * Numbers of tokens are in headers, in `usage`, or in members of several names, on several levels; none is within a list. Of other
 * names they are the numbers that differ.
 */
function withoutTokens(body: unknown, other: unknown): unknown {
  if (!isRecord(body)) return body;
  const others = isRecord(other) ? other : {};
  const kept = Object.entries(body).filter(([name, value]) => {
    const isCount = typeof value === "number" && value !== others[name];
    return !isCount && !/usage|token|eval_count/i.test(name);
  });
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutTokens(value, others[name])]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
