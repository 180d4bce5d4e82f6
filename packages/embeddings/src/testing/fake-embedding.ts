import { raceAbort } from "@llx/support";
import { createEmbeddingModel } from "../model/create-embedding-model.ts";
import type { ElementType } from "../contract/element-type.ts";
import type { EmbeddingModel } from "../contract/embedding-model.ts";
import type { EmbeddingModelOptions } from "../contract/embedding-model-options.ts";
import type { AttemptOptions, EmbeddingRequest, EmbeddingResponse } from "../contract/embedding-provider.ts";
import { fakeVectorOf } from "./fake-vector.ts";
import { checkObject } from "../support/check-object.ts";

export interface FakeEmbeddingOptions<E extends ElementType = "float"> extends EmbeddingModelOptions {
  /**
   * Numbers in an embedding.
   *
   * @default 8
   */
  readonly dimensions?: number | undefined;
  /**
   * A different seed gives different vectors.
   *
   * @default 0
   */
  readonly seed?: number | undefined;
  /** @default "float" */
  readonly elementType?: E | undefined;
  /** Called before each response: an error that it throws fails the request, and its promise is awaited. */
  readonly respond?:
    | ((request: EmbeddingRequest, attempt: AttemptOptions) => void | Promise<void>)
    | undefined;
}

/**
 * A model for the tests of an application: the whole contract, without a service. Its vectors are those of
 * `fakeVectorOf`, and its usage is the number of words.
 *
 * @throws TypeError or RangeError for invalid options
 * @example
 * ```ts
 * const model = fakeEmbedding({ dimensions: 4 });
 * const [first] = (await model.getTextEmbeddingBatch(["one text", "another"])).embeddings;
 * ```
 */
export function fakeEmbedding<E extends ElementType = "float">(
  options: FakeEmbeddingOptions<E> = {},
): EmbeddingModel<E> {
  checkObject("options", options);
  const { dimensions = 8, seed = 0, respond } = options;
  const elementType = options.elementType ?? ("float" as E);
  let requests = 0;
  return createEmbeddingModel<E>(
    {
      provider: "fake",
      model: `fake-${dimensions}`,
      elementType,
      dimensions,
      limits: { inputs: 96 },
      capabilities: { elementTypes: [elementType] },
      options: ["dimensions", "seed", "elementType", "respond"] satisfies (keyof FakeEmbeddingOptions)[],
      embed: async (request, attempt): Promise<EmbeddingResponse> => {
        const requestId = `fake-request-${++requests}`;
        if (respond !== undefined)
          await raceAbort(Promise.resolve(respond(request, attempt)), attempt.signal);
        const { texts } = request;
        const words = texts.reduce((sum, text) => sum + text.trim().split(/\s+/).length, 0);
        return {
          embeddings: texts.map((text, index) => ({
            index,
            embedding: fakeVectorOf(text, elementType, dimensions, seed),
          })),
          usage: { inputTokens: words, totalTokens: words },
          model: `fake-${dimensions}`,
          requestId,
        };
      },
    },
    options,
  );
}
