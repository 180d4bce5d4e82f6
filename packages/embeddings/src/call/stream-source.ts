import type { AnyEmbedding } from "../contract/element-type.ts";
import type { EmbeddingCache } from "../cache/embedding-cache.ts";
import type { InputType } from "../contract/embedding-model.ts";
import type { Answer } from "../request/requests.ts";
import type { SizedJob } from "../request/sized-job.ts";
import type { StreamBatch, StreamPlan } from "../plan/stream-plan.ts";

export type Texts = Iterable<string> | AsyncIterable<string>;

/** Sends the texts of a request; `undefined` where there is none that can be sent. */
export type AnswerJob = SizedJob<Answer | undefined>;
type MakeJob = (batch: StreamBatch) => AnswerJob;

/** Where the jobs of a stream come from, and why they have ended. */
export class StreamSource {
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
export async function* lookedUp(
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
