import { chunks, type Job, streamJobs } from "@llx/async";
import type { EventContext } from "@llx/callbacks";
import type { AnyEmbedding, ElementType } from "./element-type.ts";
import type { EmbeddingCache } from "./embedding-cache.ts";
import type { EmbeddedText, EmbedStreamOptions, FailedText } from "./embedding-model.ts";
import { jobOptions, type ModelCall, type ModelParts } from "./model-parts.ts";
import type { Answer } from "./requests.ts";
import { type StreamBatch, type StreamedText, StreamPlan } from "./stream-plan.ts";
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
    return async ({ signal, attempt }) => {
      if (batch.texts.length === 0) return undefined;
      const answer = await parts.requests.send(batch, { inputType, manager, signal, attempt });
      await parts.cache?.store.write(
        batch.texts.map((text, at) => ({
          key: parts.cache!.store.keyOf(text, inputType),
          embedding: answer.embeddings[at]!,
        })),
      );
      return answer;
    };
  };
  const ending = new Ending();
  const { cache } = parts;
  const jobs = cache
    ? ending.afterAsync(cutCached(texts, plan, job, cache.store, call), plan, job)
    : Symbol.asyncIterator in texts
      ? ending.afterAsync(cutAsync(texts, plan, job), plan, job)
      : ending.after(cut(texts, plan, job), plan, job);
  const usage = new UsageSum();
  let [count, cached, requests] = [0, 0, 0];
  try {
    const options = { ...jobOptions(parts, call), buffer };
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
    ending.throwIfFailed();
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
type AnswerJob = Job<Answer | undefined>;
type MakeJob = (batch: StreamBatch) => AnswerJob;

function* cut(
  texts: Iterable<string>,
  plan: StreamPlan,
  job: MakeJob,
): Generator<AnswerJob, void, undefined> {
  for (const text of texts) {
    const finished = plan.push(text);
    if (finished !== undefined) yield job(finished);
    if (plan.isFull) yield job(plan.take());
  }
}

async function* cutAsync(
  texts: AsyncIterable<string>,
  plan: StreamPlan,
  job: MakeJob,
): AsyncGenerator<AnswerJob, void, undefined> {
  for await (const text of texts) {
    const finished = plan.push(text);
    if (finished !== undefined) yield job(finished);
    if (plan.isFull) yield job(plan.take());
  }
}

/** So many texts are looked up in a store at once. */
const lookUpAtOnce = 100;

async function* cutCached(
  texts: Texts,
  plan: StreamPlan,
  job: MakeJob,
  store: EmbeddingCache,
  { inputType }: ModelCall,
): AsyncGenerator<AnswerJob, void, undefined> {
  const groups = Symbol.asyncIterator in texts ? chunks(texts, lookUpAtOnce) : chunks(texts, lookUpAtOnce);
  for await (const group of groups) {
    const found = await store.read(group.map((text) => store.keyOf(text, inputType)));
    for (const [at, text] of group.entries()) {
      const finished = plan.push(text, found[at]);
      if (finished !== undefined) yield job(finished);
      if (plan.isFull) yield job(plan.take());
    }
  }
}

/** The end of a stream's texts, and why it has come. */
class Ending {
  #failure: { readonly error: unknown } | undefined;

  /**
   * Ends the jobs where the source fails, or a text cannot be sent: what was pulled before is embedded all the same.
   */
  *after(jobs: Iterable<AnswerJob>, plan: StreamPlan, job: MakeJob): Generator<AnswerJob, void, undefined> {
    try {
      yield* jobs;
    } catch (error) {
      this.#failure = { error };
    }
    if (!plan.isEmpty) yield job(plan.take());
  }

  async *afterAsync(
    jobs: AsyncIterable<AnswerJob>,
    plan: StreamPlan,
    job: MakeJob,
  ): AsyncGenerator<AnswerJob, void, undefined> {
    try {
      yield* jobs;
    } catch (error) {
      this.#failure = { error };
    }
    if (!plan.isEmpty) yield job(plan.take());
  }

  /** @throws the failure of the source */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/** @param error why there is no answer, where one is needed */
function embeddedRows({ inputs }: StreamBatch, answer: Answer | undefined, error?: unknown): StreamRow[] {
  const handedOut = new Set<number>();
  return inputs.map((input) => {
    const { index, text, place } = input;
    if (place instanceof RangeError) return failedRow(input, place);
    if (typeof place !== "number") return { index, text, embedding: place };
    if (answer === undefined) return failedRow(input, error);
    const embedding: AnyEmbedding = answer.embeddings[place]!;
    // Equal texts were sent once; who changes the vector of one does not change those of the others.
    const isShared = handedOut.has(place);
    handedOut.add(place);
    return { index, text, embedding: isShared ? embedding.slice() : embedding };
  });
}

function failedRow({ index, text }: StreamedText, error: unknown): FailedText {
  return { index, text, error };
}
