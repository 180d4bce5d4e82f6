import { describeKind } from "@llx/support";
import { nameInList, type TextName } from "../contract/text-name.ts";
import { checkIsString, checkText } from "../plan/check-text.ts";
import type { TextMeasure } from "../plan/text-measure.ts";
import type { RequestCharge } from "../request/sized-job.ts";
import type { RerankLimits } from "./rerank-limits.ts";

/** What a request is checked against. */
export interface RerankRules {
  /** The name of the provider, for messages. */
  readonly provider: string;
  readonly limits: RerankLimits;
  readonly measure: TextMeasure;
  /** The provider cuts what is too long. */
  readonly truncate: boolean;
}

/** The texts of a request, and what it takes of a rate limit. */
interface SizedRequest extends RequestCharge {
  readonly texts: readonly string[];
}

const nameQuery = (): string => "the query";

/**
 * Checks the query and the texts of a request.
 *
 * @returns the texts as they are now, and the size of the request
 * @throws TypeError for what is not a string; RangeError for what cannot be sent; both name it without showing it
 */
export function sizeRequest(query: unknown, given: unknown, rules: RerankRules): SizedRequest {
  const { provider, limits, truncate, measure } = rules;
  const {
    inputs = Infinity,
    tokensPerQuery = Infinity,
    tokensPerPair = Infinity,
    tokens: most = Infinity,
  } = limits;
  // An estimate is not a reason to refuse a text.
  const isStrict = measure.isExact && !truncate;
  if (typeof query === "string" && !/\S/.test(query)) {
    throw new RangeError("the query is empty or only white space; pass one");
  }
  const ofQuery = tokensOf(query, 0, nameQuery, undefined, rules);
  if (isStrict && ofQuery > tokensPerQuery) {
    throw new RangeError(
      `the query has ${ofQuery} tokens, and the provider takes at most ${tokensPerQuery}; shorten it`,
    );
  }
  if (!Array.isArray(given)) {
    throw new TypeError(`texts must be an array of strings, not ${describeKind(given)}`);
  }
  if (given.length > inputs) {
    throw new RangeError(
      `${given.length} texts are more than a request to ${provider} takes (${inputs}), and scores of two requests ` +
        "cannot be compared: pass the best of them",
    );
  }
  const texts: string[] = [];
  let tokens = 0;
  // By index, so that a hole in the array is found.
  for (let index = 0; index < given.length; index++) {
    const text: unknown = given[index];
    const ofText = tokensOf(text, index, nameInList, limits.tokensPerInput, rules);
    if (isStrict && ofQuery + ofText > tokensPerPair) {
      throw new RangeError(
        `${nameInList(index)} has ${ofText} tokens and the query ${ofQuery}, and the provider takes at most ` +
          `${tokensPerPair} together; cut the text into passages`,
      );
    }
    tokens += ofQuery + ofText;
    texts.push(text as string);
  }
  if (isStrict && tokens > most) {
    throw new RangeError(
      `the request has ${tokens} tokens, with the query once for each text, and the provider takes at most ${most}; ` +
        "pass fewer texts",
    );
  }
  return { texts, tokens, inputs: texts.length };
}

function tokensOf(
  text: unknown,
  index: number,
  nameOf: TextName,
  tokensPerInput: number | undefined,
  { measure, truncate }: RerankRules,
): number {
  checkIsString(text, index, nameOf);
  const size = checkText(text, index, { limits: { inputs: 1, tokensPerInput }, measure, truncate }, nameOf);
  if (size instanceof RangeError) throw size;
  return size.tokens;
}
