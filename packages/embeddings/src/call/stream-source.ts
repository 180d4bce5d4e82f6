import type { AnyEmbedding } from "../contract/element-type.ts";
import type { EmbeddingCache } from "../cache/embedding-cache.ts";
import type { InputType } from "../contract/embedding-model.ts";
import type { VerifiedResponse } from "../contract/verified-response.ts";
import type { SizedJob } from "../request/sized-job.ts";
import type { StreamBatch, StreamPlan } from "../plan/stream-plan.ts";

export type Texts = Iterable<string> | AsyncIterable<string>;

/** Sends the texts of a request; `undefined` if none can be sent. */
export type ResponseJob = SizedJob<VerifiedResponse | undefined>;
type ToJob = (batch: StreamBatch) => ResponseJob;

/** Turns a stream of texts into jobs, and records which request each job sends. */
export class StreamSource {
  readonly #plan: StreamPlan;
  readonly #toJob: ToJob;
  /** In the order of the jobs. */
  readonly #batches: StreamBatch[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(plan: StreamPlan, toJob: ToJob) {
    this.#plan = plan;
    this.#toJob = toJob;
  }

  /**
   * Splits items into requests. If their source fails or a text cannot be sent, the jobs end there: what was pulled
   * before is still embedded.
   *
   * @param push adds an item to the plan
   */
  async *cut<T>(
    items: Iterable<T> | AsyncIterable<T>,
    push: (item: T) => StreamBatch | undefined,
  ): AsyncGenerator<ResponseJob, void, undefined> {
    try {
      for await (const item of items) {
        const finished = push(item);
        if (finished !== undefined) yield this.#jobOf(finished);
        if (this.#plan.isFull) yield this.#jobOf(this.#plan.take());
      }
    } catch (error) {
      this.#failure = { error };
    }
    if (!this.#plan.isEmpty) yield this.#jobOf(this.#plan.take());
  }

  /** The request of the next outcome: outcomes come in the order of the jobs. */
  take(): StreamBatch {
    return this.#batches.shift()!;
  }

  /** @throws the failure of the source */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #jobOf(batch: StreamBatch): ResponseJob {
    this.#batches.push(batch);
    return this.#toJob(batch);
  }
}

/** Cuts the texts of a stream, and reports each that is cut. */
export async function* shortened(
  texts: Texts,
  cut: (text: string) => string,
  onCut?: () => void,
): AsyncGenerator<string, void, undefined> {
  for await (const text of texts) {
    // What is no string is refused later.
    const short = typeof text === "string" ? cut(text) : text;
    if (short !== text) onCut?.();
    yield short;
  }
}

/** How many texts are read from a store at once. */
const readAtOnce = 100;

/** Texts with their embeddings, if those are in the cache. */
export async function* lookedUp(
  texts: Texts,
  store: EmbeddingCache,
  inputType: InputType,
): AsyncGenerator<readonly [text: string, cached: AnyEmbedding | undefined], void, undefined> {
  let group: string[] = [];
  const lookUp = async (): Promise<[string, AnyEmbedding | undefined][]> => {
    if (group.length === 0) return [];
    const found = await store.read(group.map((text) => store.keyOf(text, inputType)));
    const pairs = group.map((text, i): [string, AnyEmbedding | undefined] => [text, found[i]]);
    group = [];
    return pairs;
  };
  try {
    for await (const text of texts) {
      if (group.push(text) === readAtOnce) yield* await lookUp();
    }
  } catch (error) {
    // What was pulled before the source failed is not lost.
    yield* await lookUp();
    throw error;
  }
  yield* await lookUp();
}
