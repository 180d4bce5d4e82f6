import type { EventEnd, Usage } from "@llx/callbacks";

/** Tokens of a request to a model, over all its attempts. Unknown counts are `undefined`. */
export interface TokenCounts {
  readonly input: number | undefined;
  readonly output: number | undefined;
  /** All tokens; the sum of the others if the service does not report it. */
  readonly total: number | undefined;
}

export const noTokens: TokenCounts = { input: undefined, output: undefined, total: undefined };

/** Adds the tokens that an attempt has used; a failed one may have used some too. */
export function addTokens(earlier: TokenCounts, attempt: EventEnd): TokenCounts {
  const { usage } = attempt.endPayload as { readonly usage?: Usage };
  if (usage === undefined) return earlier;
  const { inputTokens, outputTokens, totalTokens } = usage;
  const { type } = attempt;
  // All tokens of an embedding are input.
  const input = inputTokens ?? (type === "embedding" ? totalTokens : undefined);
  const sum = type === "embedding" ? input : plus(inputTokens, outputTokens);
  return {
    input: add(earlier.input, input),
    output: add(earlier.output, outputTokens),
    total: add(earlier.total, totalTokens ?? sum),
  };
}

/** The sum of the known counts. */
function add(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}

/** Unknown if one of the counts is. */
function plus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
