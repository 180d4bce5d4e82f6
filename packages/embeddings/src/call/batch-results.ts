import type { Usage } from "@llx/callbacks";
import type { DistinctTexts, PlannedBatch } from "../plan/batch-plan.ts";
import type { AnyEmbedding, ElementType } from "../contract/element-type.ts";
import type { EmbeddingFailure, SettledEmbeddingBatch } from "../contract/embedding-model.ts";
import type { VerifiedResponse } from "../contract/verified-response.ts";
import { OwnVectors } from "./own-vectors.ts";
import type { TextProgress } from "./text-progress.ts";
import { UsageSum } from "./usage-sum.ts";

interface BatchFacts {
  readonly requests: number;
  readonly failed: number;
  readonly usage: Usage | undefined;
  /** Distinct texts found in the cache, or being embedded by another call. */
  readonly cached?: number;
  /** Texts that were cut before they were sent. */
  readonly truncated?: number;
}

/** The results of one call so far. */
export class BatchResults {
  readonly #texts: DistinctTexts;
  readonly #progress: TextProgress | undefined;
  readonly #embeddings: (AnyEmbedding | undefined)[];
  readonly #errors = new Map<number, unknown>();
  /** Positions of failed requests that are to be sent again, whole or in parts. */
  readonly #unfinished = new Set<number>();
  readonly #usage = new UsageSum();
  readonly #requestIds: string[] = [];
  #model: string | undefined;
  #cached = 0;
  #requests = 0;

  constructor(texts: DistinctTexts, progress: TextProgress | undefined) {
    this.#texts = texts;
    this.#progress = progress;
    this.#embeddings = new Array<AnyEmbedding | undefined>(texts.texts.length);
  }

  /** For the event of the call. */
  get facts(): BatchFacts {
    const failed = this.#texts.positions.filter(
      (position) => this.#embeddings[position] === undefined,
    ).length;
    const truncated = this.#texts.truncated.length;
    return {
      requests: this.#requests,
      failed,
      usage: this.#usage.usage,
      ...(this.#cached > 0 && { cached: this.#cached }),
      ...(truncated > 0 && { truncated }),
    };
  }

  /** Adds an embedding for which no request was sent. */
  addCached(position: number, embedding: AnyEmbedding): void {
    this.#embeddings[position] = embedding;
    this.#cached++;
    this.#progress?.cached(position);
  }

  add({ positions }: PlannedBatch, { embeddings, usage, model, requestId }: VerifiedResponse): void {
    for (const [i, position] of positions.entries()) this.#embeddings[position] = embeddings[i];
    this.#requests++;
    this.#usage.add(usage);
    this.#model ??= model;
    if (requestId !== undefined) this.#requestIds.push(requestId);
    this.#progress?.succeeded(positions);
  }

  /**
   * Records a failed request; of several failures of a text, the last one counts.
   *
   * @param isFinal whether the texts are not sent again
   */
  addFailure({ positions }: PlannedBatch, error: unknown, isFinal = true): void {
    for (const position of positions) {
      this.#errors.set(position, error);
      if (isFinal) this.#unfinished.delete(position);
      else this.#unfinished.add(position);
    }
  }

  /**
   * @param unsent the error of texts that were never sent
   * @param isStopped whether that is the error of texts, too, that were to be sent again
   */
  settled(unsent: () => unknown, isStopped = false): SettledEmbeddingBatch<ElementType> {
    const { positions, refused, truncated } = this.#texts;
    const failed: EmbeddingFailure[] = [];
    const refusals = new Map(refused.map(({ index, error }) => [index, error]));
    const own = new OwnVectors();
    const embeddings = positions.map((position, index) => {
      const embedding = this.#embeddings[position];
      if (embedding === undefined) {
        const isSent = !isStopped || !this.#unfinished.has(position);
        const error = refusals.get(index) ?? (isSent ? this.#errors.get(position) : undefined) ?? unsent();
        failed.push({ index, error });
        return undefined;
      }
      return own.take(position, embedding);
    });
    return {
      embeddings,
      failed,
      truncated,
      usage: this.#usage.usage,
      model: this.#model,
      requestIds: this.#requestIds,
    };
  }
}
