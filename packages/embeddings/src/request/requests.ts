import type { JobContext } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import { EmbeddingResponseError } from "../contract/embedding-response-error.ts";
import { Attempts } from "./attempts.ts";
import { maxResponseBytes } from "../response/response-size.ts";
import type { AnyEmbedding, ElementType } from "../contract/element-type.ts";
import type { InputType } from "../contract/embedding-model.ts";
import type { EmbeddingProvider, EmbeddingResponse } from "../contract/embedding-provider.ts";
import type { TextBatch } from "../contract/text-batch.ts";
import type { VerifiedResponse } from "../contract/verified-response.ts";
import type { BudgetReserve, ModelBudget } from "../contract/request-budget.ts";
import type { TextMeasure } from "../plan/text-measure.ts";
import type { Pace } from "./pace.ts";
import type { RequestCharge } from "./sized-job.ts";
import { dimensionsAdvice } from "../response/dimensions-advice.ts";
import { orderEmbeddings } from "../response/order-embeddings.ts";
import { dimensionsOf } from "../response/read-embedding.ts";
import { readUsage } from "../response/read-usage.ts";

/** The call that a request belongs to. */
export interface RequestCall {
  readonly inputType: InputType;
  readonly manager: CallbackManager;
}

export interface RequestOptions {
  readonly truncate: boolean;
  readonly allowZero: boolean;
  readonly ownMemory: boolean;
  readonly timeout: number;
  readonly maxBytes: number | undefined;
  /** What pays for the requests, and measures what they may use. */
  readonly budget: { readonly budget: ModelBudget; readonly measure: TextMeasure } | undefined;
}

/** Sends the requests of a model, one attempt at a time, and verifies the responses. */
export class Requests {
  readonly #provider: EmbeddingProvider<ElementType>;
  readonly #elementType: ElementType;
  readonly #pace: Pace;
  readonly #options: RequestOptions;
  readonly #attempts = new Attempts(EmbeddingResponseError);
  #dimensions: number | undefined;
  /** Milliseconds that all successful requests took together, and how many they were. */
  #elapsed = 0;
  #responses = 0;

  constructor(provider: EmbeddingProvider<ElementType>, pace: Pace, options: RequestOptions) {
    this.#provider = provider;
    this.#elementType = provider.elementType ?? "float";
    this.#pace = pace;
    this.#options = options;
    this.#dimensions = provider.dimensions;
  }

  /** Dimensions as declared, or as in the first response. All later responses must have as many. */
  get dimensions(): number | undefined {
    return this.#dimensions;
  }

  /** The mean time of a request, in milliseconds; `undefined` before the first response. */
  get latency(): number | undefined {
    return this.#responses === 0 ? undefined : this.#elapsed / this.#responses;
  }

  /** What a request takes of the rate limits, as far as it is known in advance. */
  chargeOf({ tokens, texts }: TextBatch): RequestCharge {
    return this.#pace.chargeOf(tokens, texts.length);
  }

  /** Waits until no request is pending at the provider. */
  idle(): Promise<void> {
    return this.#attempts.idle();
  }

  /**
   * @param nameOf the name of a text of the batch in errors
   * @throws what the provider throws; EmbeddingResponseError; the signal's reason
   */
  async send(
    batch: TextBatch,
    call: RequestCall,
    job: JobContext,
    nameOf: (text: string) => string,
  ): Promise<VerifiedResponse> {
    const { provider, model, encoding } = this.#provider;
    const { lease, attempt, signal } = job;
    const reserve = await this.#reserve(batch, job);
    const payload = {
      provider,
      model,
      inputType: call.inputType,
      attempt,
      count: batch.texts.length,
      characters: batch.characters,
      // Plain numbers are what a service sends unless it is asked for something else.
      encodingFormat: encoding === "base64" ? encoding : undefined,
      content: () => ({ texts: batch.texts }),
    };
    try {
      return await call.manager.event(
        "embedding",
        payload,
        async (event) => {
          try {
            const start = performance.now();
            const response = await this.#attempt(batch.texts, call.inputType, job);
            this.#elapsed += performance.now() - start;
            this.#responses++;
            const usage = readUsage(response.usage);
            reserve?.answered(usage);
            if (lease !== undefined) this.#pace.succeeded(lease, usage, response.rateLimits);
            const embeddings = this.#verify(response, batch.texts, nameOf);
            const { model: served, requestId } = response;
            event.set({
              count: embeddings.length,
              dimensions: this.#dimensions,
              usage,
              requestId,
              model: served,
              content: () => ({ vectors: embeddings }),
            });
            return { embeddings, usage, model: served, requestId };
          } catch (error) {
            reserve?.failed(error);
            if (lease !== undefined) this.#pace.failed(lease, error);
            throw error;
          }
        },
        { signal },
      );
    } finally {
      // Unless it was sent.
      reserve?.cancel();
    }
  }

  async #reserve(batch: TextBatch, { lease, signal }: JobContext): Promise<BudgetReserve | undefined> {
    if (this.#options.budget === undefined) return undefined;
    const { budget, measure } = this.#options.budget;
    const tokens = batch.texts.reduce((sum, text) => sum + measure.estimate(text), 0);
    try {
      return await budget.reserve({ tokens, inputs: batch.texts.length }, signal);
    } catch (error) {
      lease?.cancel();
      throw error;
    }
  }

  #attempt(
    texts: readonly string[],
    inputType: InputType,
    { attempt, signal }: JobContext,
  ): Promise<EmbeddingResponse> {
    const { truncate, timeout, maxBytes = maxResponseBytes(texts.length, this.#dimensions) } = this.#options;
    return this.#attempts.make(this.#provider.provider, { signal, attempt, timeout, maxBytes }, (options) =>
      this.#provider.embed({ texts, inputType, truncate }, options),
    );
  }

  #verify(
    response: EmbeddingResponse,
    texts: readonly string[],
    nameOf: (text: string) => string,
  ): AnyEmbedding[] {
    const elementType = this.#elementType;
    const embeddings = orderEmbeddings(response, texts.length, {
      provider: this.#provider.provider,
      elementType,
      dimensions: this.#dimensions,
      advice: (received) => dimensionsAdvice(this.#provider, received),
      allowZero: this.#options.allowZero,
      ownMemory: this.#options.ownMemory,
      nameOf: (index) => nameOf(texts[index]!),
    });
    this.#dimensions ??= dimensionsOf(embeddings[0]!, elementType);
    return embeddings;
  }
}
