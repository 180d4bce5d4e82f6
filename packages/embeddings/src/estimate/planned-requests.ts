import { chunks } from "@llx/async";
import type { InputType } from "../contract/embedding-model.ts";
import { lookedUp, shortened, type Texts } from "../call/stream-source.ts";
import { distinctTexts, planBatches } from "../plan/batch-plan.ts";
import { StreamPlan } from "../plan/stream-plan.ts";
import type { ModelParts } from "../request/model-parts.ts";

/** The texts of a request, and what became of those before it that are not sent. */
export interface PlannedRequest {
  /** The texts that are sent: none where the others need no request. */
  readonly texts: readonly string[];
  /** Their tokens as counted against limits. */
  readonly tokens: number;
  /** Texts of the call that this accounts for. */
  readonly inputs: number;
  readonly cached: number;
  readonly refused: number;
}

type Parts = Pick<ModelParts, "rules" | "cache">;

interface PlanOptions {
  readonly inputType: InputType;
  readonly settle: boolean;
  readonly signal: AbortSignal | undefined;
}

/** How many texts are read from a store at once. */
const readAtOnce = 500;

/**
 * The requests of a call: for an array those of `getTextEmbeddingBatch`, otherwise those of `streamTextEmbeddings`.
 *
 * @throws TypeError for what is not a string; RangeError for a text that cannot be sent, unless `settle`
 */
export function plannedRequests(
  parts: Parts,
  texts: readonly string[] | Texts,
  options: PlanOptions,
): AsyncGenerator<PlannedRequest, void, undefined> {
  return Array.isArray(texts) ? batched(parts, texts, options) : streamed(parts, texts, options);
}

async function* batched(
  { rules, cache }: Parts,
  inputs: readonly string[],
  { inputType, settle, signal }: PlanOptions,
): AsyncGenerator<PlannedRequest, void, undefined> {
  const distinct = distinctTexts(inputs, rules);
  const { texts, positions, refused } = distinct;
  if (!settle && refused.length > 0) throw refused[0]!.error;
  const hits = new Set<number>();
  if (cache !== undefined) {
    const { store } = cache;
    for (const group of chunks([...texts.keys()], readAtOnce)) {
      signal?.throwIfAborted();
      // oxlint-disable-next-line no-await-in-loop -- a store is not asked for everything at once
      const found = await store.read(group.map((position) => store.keyOf(texts[position]!, inputType)));
      for (const [i, position] of group.entries()) if (found[i] !== undefined) hits.add(position);
    }
  }
  const cached = positions.filter((position) => hits.has(position)).length;
  yield { texts: [], tokens: 0, inputs: inputs.length, cached, refused: refused.length };
  const misses = [...texts.keys()].filter((position) => !hits.has(position));
  for (const batch of planBatches(distinct, misses, rules.limits)) {
    yield { texts: batch.texts, tokens: batch.tokens, inputs: 0, cached: 0, refused: 0 };
  }
}

async function* streamed(
  { rules, cache }: Parts,
  texts: Texts,
  { inputType, settle, signal }: PlanOptions,
): AsyncGenerator<PlannedRequest, void, undefined> {
  const plan = new StreamPlan(rules, settle);
  const take = (batch = plan.take()): PlannedRequest => ({
    texts: batch.texts,
    tokens: batch.tokens,
    inputs: batch.inputs.length,
    cached: batch.inputs.filter((input) => input.cached !== undefined).length,
    refused: batch.inputs.filter(({ error }) => error !== undefined).length,
  });
  const sent = rules.cut ? shortened(texts, rules.cut) : texts;
  const items = cache === undefined ? alone(sent) : lookedUp(sent, cache.store, inputType);
  for await (const [text, known] of items) {
    signal?.throwIfAborted();
    const finished = plan.push(text, known);
    if (finished !== undefined) yield take(finished);
    if (plan.isFull) yield take();
  }
  if (!plan.isEmpty) yield take();
}

async function* alone(texts: Texts): AsyncGenerator<readonly [text: string, cached: undefined], void> {
  for await (const text of texts) yield [text, undefined];
}
