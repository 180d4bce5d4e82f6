import type { RateLease } from "@llx/async";
import type { CallbackManager, Usage } from "@llx/callbacks";
import { mostAnswerBytes } from "../response/response-size.ts";
import type { TextBatch } from "../plan/batch-builder.ts";
import { DeadlineSignal } from "./deadline-signal.ts";
import type { AnyEmbedding, ElementType } from "../contract/element-type.ts";
import type { InputType } from "../contract/embedding-model.ts";
import type { EmbeddingProvider, EmbeddingResponse } from "../contract/embedding-provider.ts";
import type { Pace } from "./pace.ts";
import { placeEmbeddings } from "../response/place-embeddings.ts";
import { dimensionsOf } from "../response/read-embedding.ts";
import { readUsage } from "../response/read-usage.ts";

/** A verified answer: one embedding for each text of the request, in their order. */
export interface Answer {
  readonly embeddings: readonly AnyEmbedding[];
  readonly usage: Usage | undefined;
  readonly model: string | undefined;
  readonly requestId: string | undefined;
}

/** How a request is sent. */
export interface RequestContext {
  readonly inputType: InputType;
  readonly manager: CallbackManager;
  readonly signal: AbortSignal;
  readonly attempt: number;
  /** Leave to send it, by the rate limits of the model. */
  readonly lease: RateLease | undefined;
}

export interface RequestOptions {
  readonly truncate: boolean;
  readonly timeout: number;
  readonly maxBytes: number | undefined;
}

/** Sends the requests of a model, one attempt at a time, and verifies what comes back. */
export class Requests {
  readonly #provider: EmbeddingProvider<ElementType>;
  readonly #elementType: ElementType;
  readonly #pace: Pace;
  readonly #options: RequestOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  #dimensions: number | undefined;

  constructor(provider: EmbeddingProvider<ElementType>, pace: Pace, options: RequestOptions) {
    this.#provider = provider;
    this.#elementType = provider.elementType ?? "float";
    this.#pace = pace;
    this.#options = options;
    this.#dimensions = provider.dimensions;
  }

  /** As declared, or as the first answer had. All that follow must have as many. */
  get dimensions(): number | undefined {
    return this.#dimensions;
  }

  /** How many tokens of the rate limit a request takes, as far as is known before. */
  tokensFor({ tokens }: TextBatch): number {
    return this.#pace.tokensFor(tokens);
  }

  /** Waits until the provider is asked for nothing any more. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /** @throws what the provider throws; EmbeddingResponseError; the signal's reason */
  async send(batch: TextBatch, context: RequestContext): Promise<Answer> {
    const { provider, model } = this.#provider;
    const { lease } = context;
    const payload = {
      provider,
      model,
      inputType: context.inputType,
      attempt: context.attempt,
      count: batch.texts.length,
      characters: batch.characters,
      content: () => ({ texts: batch.texts }),
    };
    return context.manager.event(
      "embedding",
      payload,
      async (event) => {
        try {
          const response = await this.#attempt(batch.texts, context);
          const usage = readUsage(response.usage);
          if (lease !== undefined) this.#pace.answered(lease, usage, response.rateLimits);
          const embeddings = this.#verify(response, batch.texts.length);
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
          if (lease !== undefined) this.#pace.failed(lease, error);
          throw error;
        }
      },
      { signal: context.signal },
    );
  }

  /** One attempt. A provider that does not keep to the time-out by itself is told to stop a second after it. */
  async #attempt(
    texts: readonly string[],
    { inputType, attempt, signal }: RequestContext,
  ): Promise<EmbeddingResponse> {
    const { truncate, timeout, maxBytes } = this.#options;
    const message = `${this.#provider.provider} did not answer within ${timeout} ms`;
    using deadline = new DeadlineSignal(signal, timeout + 1_000, message);
    const request = { texts, inputType, truncate };
    const answer = this.#provider.embed(request, {
      signal: deadline.signal,
      attempt,
      timeout,
      maxBytes: maxBytes ?? mostAnswerBytes(texts.length, this.#dimensions),
    });
    this.#underWay.add(answer);
    try {
      return await answer;
    } finally {
      this.#underWay.delete(answer);
    }
  }

  #verify(response: EmbeddingResponse, count: number): AnyEmbedding[] {
    const elementType = this.#elementType;
    const expected = { provider: this.#provider.provider, elementType, dimensions: this.#dimensions };
    const embeddings = placeEmbeddings(response, count, expected);
    this.#dimensions ??= dimensionsOf(embeddings[0]!, elementType);
    return embeddings;
  }
}
