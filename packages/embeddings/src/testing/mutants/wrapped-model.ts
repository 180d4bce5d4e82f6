import type { ElementType } from "../../contract/element-type.ts";
import type {
  CloseOptions,
  EmbedBatchOptions,
  EmbeddedText,
  EmbeddingBatch,
  EmbedOptions,
  EmbedStreamOptions,
  SettledEmbeddingBatch,
} from "../../contract/embedding-model.ts";
import type { Estimate, EstimateOptions } from "../../contract/estimate.ts";
import type { AnyEmbedding } from "../../contract/element-type.ts";
import type { Changes, Model } from "./plain-embedding.ts";

export type Batch = EmbeddingBatch<ElementType> & Partial<Pick<SettledEmbeddingBatch<ElementType>, "failed">>;
export type BatchOptions = EmbedBatchOptions & { readonly settle?: boolean | undefined };
export type StreamOptions = EmbedStreamOptions & { readonly settle?: boolean | undefined };
export type Texts = Iterable<string> | AsyncIterable<string>;
export type Rows = AsyncGenerator<EmbeddedText<ElementType>, void, undefined>;

/** The methods of a model, without overloads, that a mutant replaces. */
export interface Methods {
  readonly limits: Model["limits"];
  readonly dimensions: number | undefined;
  readonly closed: boolean;
  getTextEmbedding(text: string, options?: EmbedOptions): Promise<AnyEmbedding>;
  getQueryEmbedding(text: string, options?: EmbedOptions): Promise<AnyEmbedding>;
  getTextEmbeddingBatch(texts: readonly string[], options?: BatchOptions): Promise<Batch>;
  streamTextEmbeddings(texts: Texts, options?: StreamOptions): Rows;
  estimate(texts: readonly string[] | Texts, options?: EstimateOptions): Promise<Estimate>;
  aclose(options?: CloseOptions): Promise<void>;
}

/** A model that delegates to another one, except for the given methods, which may be wrong. */
export function wrap(model: Model, change: (inner: Methods) => Partial<Methods> & object): Model {
  const inner = model as unknown as Methods;
  const outer = {
    provider: model.provider,
    model: model.model,
    elementType: model.elementType,
    limits: model.limits,
    capabilities: model.capabilities,
    get dimensions() {
      return inner.dimensions;
    },
    get closed() {
      return inner.closed;
    },
    getTextEmbedding: (text: string, options?: EmbedOptions) => inner.getTextEmbedding(text, options),
    getQueryEmbedding: (text: string, options?: EmbedOptions) => inner.getQueryEmbedding(text, options),
    getTextEmbeddingBatch: (texts: readonly string[], options?: BatchOptions) =>
      inner.getTextEmbeddingBatch(texts, options),
    streamTextEmbeddings: (texts: Texts, options?: StreamOptions) =>
      inner.streamTextEmbeddings(texts, options),
    estimate: (texts: readonly string[] | Texts, options?: EstimateOptions) => inner.estimate(texts, options),
    aclose: (options?: CloseOptions) => inner.aclose(options),
    [Symbol.asyncDispose]: () => outer.aclose(),
  };
  Object.defineProperties(outer, Object.getOwnPropertyDescriptors(change(inner)));
  return outer as unknown as Model;
}

/** A mutant with replaced methods. */
export function methods(change: (inner: Methods) => Partial<Methods> & object): Changes {
  return { model: (inner) => wrap(inner, change) };
}

/** A mutant that returns something else for a batch. */
export function batches(change: (batch: Batch, texts: readonly string[]) => Batch): Changes {
  return methods((inner) => ({
    getTextEmbeddingBatch: async (given, options) =>
      change(await inner.getTextEmbeddingBatch(given, options), given),
  }));
}

export function groups(given: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(given.length / size) }, (_, at) =>
    given.slice(at * size, (at + 1) * size),
  );
}
