import type { EmbeddingModel } from "../contract/embedding-model.ts";
import type { EmbeddingModelOptions } from "../contract/embedding-model-options.ts";
import type { EmbeddingProvider, EmbeddingRequest } from "../contract/embedding-provider.ts";
import { createEmbeddingModel } from "../model/create-embedding-model.ts";

export const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Fake {
  readonly model: EmbeddingModel;
  readonly requests: EmbeddingRequest[];
}

/** Embeds a text as its length and its first code unit, and responds in reverse order. */
export function fake(more: Partial<EmbeddingProvider> = {}, options: EmbeddingModelOptions = {}): Fake {
  const requests: EmbeddingRequest[] = [];
  const provider: EmbeddingProvider = {
    provider: "fake",
    model: "lengths",
    dimensions: 2,
    limits: { inputs: 3 },
    embed: async (request) => {
      requests.push(request);
      await turn();
      return {
        embeddings: request.texts
          .map((text, index) => ({ index, embedding: [text.length, text.charCodeAt(0)] }))
          .toReversed(),
        usage: { inputTokens: request.texts.length },
        model: "lengths-2",
        requestId: `request of ${request.texts[0]}`,
      };
    },
    ...more,
  };
  return { requests, model: createEmbeddingModel(provider, options) };
}

export const expected = (text: string): Float32Array => Float32Array.of(text.length, text.charCodeAt(0));
