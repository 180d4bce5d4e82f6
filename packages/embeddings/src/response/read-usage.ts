import type { Usage } from "@llx/callbacks";

/** The tokens that a service says it has used: what is no number of tokens is not known. */
export function readUsage(told: Usage | undefined): Usage | undefined {
  if (typeof told !== "object" || told === null) return undefined;
  const { inputTokens, outputTokens, totalTokens } = told;
  return {
    ...(isCount(inputTokens) && { inputTokens }),
    ...(isCount(outputTokens) && { outputTokens }),
    ...(isCount(totalTokens) && { totalTokens }),
  };
}

function isCount(tokens: unknown): tokens is number {
  return Number.isSafeInteger(tokens) && (tokens as number) >= 0;
}
