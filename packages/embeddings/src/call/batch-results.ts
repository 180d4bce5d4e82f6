import type { Usage } from "@llx/callbacks";
import type { DistinctTexts, PlannedBatch } from "../plan/batch-plan.ts";
import type { AnyEmbedding, ElementType } from "../contract/element-type.ts";
import type { EmbeddingFailure, SettledEmbeddingBatch } from "../contract/embedding-model.ts";
import { OwnVectors } from "./own-vectors.ts";
import type { Answer } from "../request/requests.ts";
import { UsageSum } from "./usage-sum.ts";

interface BatchFacts {
  readonly requests: number;
  readonly failed: number;
  readonly usage: Usage | undefined;
  /** Different texts that were found in a cache, or that another call was sending. */
  readonly cached?: number;
}

/** What has come of the texts of one call so far. */
export class BatchResults {
  readonly #texts: DistinctTexts;
  readonly #embeddings: (AnyEmbedding | undefined)[];
  readonly #errors = new Map<number, unknown>();
  readonly #usage = new UsageSum();
  readonly #requestIds: string[] = [];
  #model: string | undefined;
  #cached = 0;
  #requests = 0;

  constructor(texts: DistinctTexts) {
    this.#texts = texts;
    this.#embeddings = new Array<AnyEmbedding | undefined>(texts.texts.length);
  }

  /** What there is to tell of it, beside the embeddings. */
  get facts(): BatchFacts {
    const failed = this.#texts.places.filter((place) => this.#embeddings[place] === undefined).length;
    return {
      requests: this.#requests,
      failed,
      usage: this.#usage.usage,
      ...(this.#cached > 0 && { cached: this.#cached }),
    };
  }

  /** An embedding that need not be asked for. */
  cached(place: number, embedding: AnyEmbedding): void {
    this.#embeddings[place] = embedding;
    this.#cached++;
  }

  answered({ places }: PlannedBatch, { embeddings, usage, model, requestId }: Answer): void {
    for (const [at, place] of places.entries()) this.#embeddings[place] = embeddings[at];
    this.#requests++;
    this.#usage.add(usage);
    this.#model ??= model;
    if (requestId !== undefined) this.#requestIds.push(requestId);
  }

  /** The request has failed; the last failure of each is what counts. */
  failed({ places }: PlannedBatch, error: unknown): void {
    for (const place of places) this.#errors.set(place, error);
  }

  /** @param unsent why texts that were never sent have no embedding */
  settled(unsent: () => unknown): SettledEmbeddingBatch<ElementType> {
    const { places, refused } = this.#texts;
    const failed: EmbeddingFailure[] = [];
    const refusals = new Map(refused.map(({ index, error }) => [index, error]));
    const own = new OwnVectors();
    const embeddings = places.map((place, index) => {
      const embedding = this.#embeddings[place];
      if (embedding === undefined) {
        const error = refusals.get(index) ?? this.#errors.get(place) ?? unsent();
        failed.push({ index, error });
        return undefined;
      }
      return own.take(place, embedding);
    });
    return { embeddings, failed, usage: this.#usage.usage, model: this.#model, requestIds: this.#requestIds };
  }
}
