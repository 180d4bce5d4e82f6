import { raceAbort } from "@llx/support";
import type { AttemptOptions } from "../contract/embedding-provider.ts";
import { createReranker } from "../rerank/create-reranker.ts";
import type { RerankRequest } from "../rerank/rerank-provider.ts";
import type { Reranker } from "../rerank/reranker.ts";
import type { RerankerOptions } from "../rerank/reranker-options.ts";
import { fakeScore } from "./fake-score.ts";
import { checkObject } from "../support/check-object.ts";

export interface FakeRerankerOptions extends RerankerOptions {
  /**
   * A different seed gives different scores.
   *
   * @default 0
   */
  readonly seed?: number | undefined;
  /** Called before each response: an error that it throws fails the request, and its promise is awaited. */
  readonly respond?: ((request: RerankRequest, attempt: AttemptOptions) => void | Promise<void>) | undefined;
}

/**
 * A reranker for the tests of an application: the whole contract, without a service. A text with more of the query's
 * words is ranked higher, as by `fakeScore`, and its usage is the number of words.
 *
 * @throws TypeError or RangeError for invalid options
 * @example
 * ```ts
 * const { results } = await fakeReranker().rerank("a black cat", ["a dog", "a black bird"]);
 * console.log(results[0]?.index); // 1
 * ```
 */
export function fakeReranker(options: FakeRerankerOptions = {}): Reranker {
  checkObject("options", options);
  const { seed = 0, respond } = options;
  let requests = 0;
  return createReranker(
    {
      provider: "fake",
      model: "fake-reranker",
      limits: { inputs: 1000 },
      options: ["seed", "respond"] satisfies (keyof FakeRerankerOptions)[],
      async rerank(request, attempt) {
        const requestId = `fake-request-${++requests}`;
        if (respond !== undefined)
          await raceAbort(Promise.resolve(respond(request, attempt)), attempt.signal);
        const { query, texts, topN } = request;
        const words = texts.reduce((sum, text) => sum + countWords(query) + countWords(text), 0);
        return {
          results: texts
            .map((text, index) => ({ index, score: fakeScore(query, text, seed) }))
            .toSorted((one, other) => other.score - one.score)
            .slice(0, topN),
          usage: { inputTokens: words, totalTokens: words },
          requestId,
        };
      },
    },
    options,
  );
}

function countWords(text: string): number {
  return text.trim().split(/\s+/).length;
}
