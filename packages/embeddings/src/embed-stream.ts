import { type Job, type JobContext, streamJobs } from "@llx/async";
import type { EventContext } from "@llx/callbacks";
import type { AnyEmbedding, ElementType } from "./element-type.ts";
import type { EmbeddingCache } from "./embedding-cache.ts";
import type { EmbeddedText, EmbedStreamOptions, FailedText, InputType } from "./embedding-model.ts";
import { jobOptions, type ModelCall, type ModelParts } from "./model-parts.ts";
import { OwnVectors } from "./own-vectors.ts";
import type { Answer } from "./requests.ts";
import { type StreamBatch, StreamPlan } from "./stream-plan.ts";
import { UsageSum } from "./usage-sum.ts";

export type Texts = Iterable<string> | AsyncIterable<string>;

/** What a stream gives for a text. */
export type StreamRow = EmbeddedText<ElementType> | FailedText;

export interface StreamCall extends ModelCall {
  readonly options: EmbedStreamOptions & { readonly settle?: boolean | undefined };
}

/** Embeds a stream of texts, and gives the rows of one request after another, in order. */
export function embedStream(parts: ModelParts, texts: Texts, call: StreamCall): AsyncIterable<StreamRow[]> {
  const { provider, model } = parts;
  const payload = { provider, model, inputType: call.inputType };
  return call.manager.stream("embed_texts", payload, (event) => rows(parts, texts, call, event), {
    signal: call.signal,
  });
}

async function* rows(
  parts: ModelParts,
  texts: Texts,
  call: StreamCall,
  event: EventContext<"embed_texts">,
): AsyncGenerator<StreamRow[], void, undefined> {
  const { buffer, settle = false } = call.options;
  const plan = new StreamPlan(parts.rules, settle);
  // Answers come in the order of the requests.
  const sent: StreamBatch[] = [];
  const { inputType, manager } = call;
  const job = (batch: StreamBatch): AnswerJob => {
    sent.push(batch);
    const embed = async ({ signal, attempt, lease }: JobContext): Promise<Answer | undefined> => {
      if (batch.texts.length === 0) {
        lease?.cancel();
        return undefined;
      }
      const answer = await parts.requests.send(batch, { inputType, manager, signal, attempt, lease });
      await parts.cache?.store.write(
        batch.texts.map((text, at) => ({
          key: parts.cache!.store.keyOf(text, inputType),
          embedding: answer.embeddings[at]!,
        })),
      );
      return answer;
    };
    return Object.assign(embed, { tokens: parts.requests.tokensFor(batch) });
  };
  const { cache } = parts;
  const source = new StreamSource(plan, job);
  const jobs = cache
    ? source.cut(lookedUp(texts, cache.store, inputType), ([text, cached]) => plan.push(text, cached))
    : source.cut(texts, (text) => plan.push(text));
  const usage = new UsageSum();
  let [count, cached, requests] = [0, 0, 0];
  try {
    const options = {
      ...jobOptions(parts, call),
      // All jobs are made here.
      tokens: (each: Job<Answer | undefined>) => (each as AnswerJob).tokens,
      buffer,
    };
    if (settle) {
      for await (const outcome of streamJobs(jobs, { ...options, settle })) {
        const batch = sent.shift()!;
        if (outcome.status === "fulfilled") tally(batch, outcome.value);
        yield outcome.status === "fulfilled"
          ? embeddedRows(batch, outcome.value)
          : embeddedRows(batch, undefined, outcome.reason);
      }
    } else {
      for await (const answer of streamJobs(jobs, options)) {
        const batch = sent.shift()!;
        tally(batch, answer);
        yield embeddedRows(batch, answer);
      }
    }
    source.throwIfFailed();
  } finally {
    const { dimensions } = parts.requests;
    event.set({ count, requests, dimensions, usage: usage.usage, ...(cached > 0 && { cached }) });
  }

  function tally({ inputs }: StreamBatch, answer: Answer | undefined): void {
    count += inputs.filter(({ place }) => !(place instanceof RangeError)).length;
    cached += inputs.filter(({ place }) => ArrayBuffer.isView(place)).length;
    if (answer === undefined) return;
    requests++;
    usage.add(answer.usage);
  }
}

/** Sends the texts of a request; `undefined` where there is none that can be sent. */
type AnswerJob = Job<Answer | undefined> & { readonly tokens: number };
type MakeJob = (batch: StreamBatch) => AnswerJob;

/** Where the jobs of a stream come from, and why they have ended. */
class StreamSource {
  readonly #plan: StreamPlan;
  readonly #job: MakeJob;
  #failure: { readonly error: unknown } | undefined;

  constructor(plan: StreamPlan, job: MakeJob) {
    this.#plan = plan;
    this.#job = job;
  }

  /**
   * Cuts items into requests. Where their source fails, or a text cannot be sent, the jobs end there: what was pulled
   * before is embedded all the same.
   *
   * @param push gives an item to the plan
   */
  async *cut<T>(
    items: Iterable<T> | AsyncIterable<T>,
    push: (item: T) => StreamBatch | undefined,
  ): AsyncGenerator<AnswerJob, void, undefined> {
    try {
      for await (const item of items) {
        const finished = push(item);
        if (finished !== undefined) yield this.#job(finished);
        if (this.#plan.isFull) yield this.#job(this.#plan.take());
      }
    } catch (error) {
      this.#failure = { error };
    }
    if (!this.#plan.isEmpty) yield this.#job(this.#plan.take());
  }

  /** @throws the failure of the source */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/** So many texts are looked up in a store at once. */
const lookUpAtOnce = 100;

/** Texts with their embeddings, where those are in the cache. */
async function* lookedUp(
  texts: Texts,
  store: EmbeddingCache,
  inputType: InputType,
): AsyncGenerator<readonly [text: string, cached: AnyEmbedding | undefined], void, undefined> {
  let group: string[] = [];
  const lookUp = async (): Promise<[string, AnyEmbedding | undefined][]> => {
    if (group.length === 0) return [];
    const found = await store.read(group.map((text) => store.keyOf(text, inputType)));
    const pairs = group.map((text, at): [string, AnyEmbedding | undefined] => [text, found[at]]);
    group = [];
    return pairs;
  };
  try {
    for await (const text of texts) {
      if (group.push(text) === lookUpAtOnce) yield* await lookUp();
    }
  } catch (error) {
    // What was pulled before the source has failed is not lost.
    yield* await lookUp();
    throw error;
  }
  yield* await lookUp();
}

/** @param error why there is no answer, where one is needed */
function embeddedRows({ inputs }: StreamBatch, answer: Answer | undefined, error?: unknown): StreamRow[] {
  const own = new OwnVectors();
  return inputs.map(({ index, text, place }) => {
    if (place instanceof RangeError) return { index, text, error: place };
    if (typeof place !== "number") return { index, text, embedding: place };
    if (answer === undefined) return { index, text, error };
    return { index, text, embedding: own.take(place, answer.embeddings[place]!) };
  });
}
