import { describeKind, isObject } from "@llx/support";
import { nameInList } from "../contract/text-name.ts";
import { responseForm } from "../response/response-form.ts";
import type { RerankResponse } from "./rerank-provider.ts";
import { RerankResponseError } from "./rerank-response-error.ts";
import type { RankedText } from "./reranker.ts";

/** What a response must match. */
export interface ExpectedRanking {
  readonly provider: string;
  /** Texts in the request. */
  readonly texts: number;
  /** Results in the response. */
  readonly results: number;
}

/**
 * The results of a response, the most relevant first, after checking their number, indexes and scores.
 *
 * @throws RerankResponseError with what is wrong with the response
 */
export function rankTexts(
  { results: list, body, requestId }: Pick<RerankResponse, "results" | "body" | "requestId">,
  { provider, texts, results: expected }: ExpectedRanking,
): RankedText[] {
  const reject = (problem: string, retryable: boolean): never => {
    throw new RerankResponseError(provider, problem, { retryable, requestId });
  };
  const form = (): string => (body === undefined ? "" : `; the response is ${responseForm(body)}`);
  if (!Array.isArray(list)) return reject(`there is no list of results${form()}`, false);
  if (list.length !== expected) {
    // A service that ignores the number would ignore it again.
    reject(`${list.length} results, not ${expected}, for ${texts} texts`, list.length < expected);
  }
  const seen = new Set<number>();
  const ranked = (list as readonly unknown[]).map((item, at): RankedText => {
    if (!isObject(item) || Array.isArray(item)) {
      return reject(`item ${at} of the list is not an object with index and score${form()}`, false);
    }
    const { index, score } = item as Partial<RankedText>;
    // Each attempt is charged, and the service would number its results in the same way.
    if (typeof index !== "number" || !Number.isInteger(index)) {
      return reject(`the index of item ${at} is not a whole number but ${describeKind(index)}`, false);
    }
    if (index < 0 || index >= texts) reject(`index ${index} for ${texts} texts, counted from 0`, false);
    if (seen.has(index)) reject(`index ${index} twice`, false);
    seen.add(index);
    if (typeof score !== "number" || !Number.isFinite(score)) {
      const shown = typeof score === "number" ? String(score) : describeKind(score);
      return reject(`the score of ${nameInList(index)} is ${shown}, not a finite number`, true);
    }
    return { index, score };
  });
  return ranked.toSorted((one, other) => other.score - one.score || one.index - other.index);
}
