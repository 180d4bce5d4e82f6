import type { CloseOptions } from "../../contract/embedding-model.ts";
import type { Reranker, Reranking, RerankOptions } from "../../rerank/reranker.ts";
import type { RerankChanges } from "./plain-reranker.ts";

/** The methods of a reranker that a mutant replaces. */
interface Methods {
  rerank(query: string, texts: readonly string[], options?: RerankOptions): Promise<Reranking>;
  aclose(options?: CloseOptions): Promise<void>;
  readonly closed: boolean;
}

/** A mutant that delegates to a correct reranker, except for the given methods. */
export function rerankMethods(change: (inner: Reranker) => Partial<Methods>): RerankChanges {
  return {
    reranker(inner) {
      const outer = {
        provider: inner.provider,
        model: inner.model,
        limits: inner.limits,
        truncation: inner.truncation,
        get closed() {
          return inner.closed;
        },
        rerank: (query: string, texts: readonly string[], options?: RerankOptions) =>
          inner.rerank(query, texts, options),
        aclose: (options?: CloseOptions) => inner.aclose(options),
        [Symbol.asyncDispose]: () => outer.aclose(),
      };
      return Object.defineProperties(outer, Object.getOwnPropertyDescriptors(change(inner)));
    },
  };
}

/** A mutant that returns something else. */
export function rankings(change: (ranking: Reranking, texts: readonly string[]) => Reranking): RerankChanges {
  return rerankMethods((inner) => ({
    rerank: async (query, texts, options) => change(await inner.rerank(query, texts, options), texts),
  }));
}
