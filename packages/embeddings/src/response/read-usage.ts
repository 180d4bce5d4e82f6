import type { Usage } from "@llx/callbacks";

/** The tokens that a service reports; a value that is not a number of tokens counts as unknown. */
export function readUsage(reported: Usage | undefined): Usage | undefined {
  if (typeof reported !== "object" || reported === null) return undefined;
  const { inputTokens, outputTokens, totalTokens } = reported;
  return {
    ...(isCount(inputTokens) && { inputTokens }),
    ...(isCount(outputTokens) && { outputTokens }),
    ...(isCount(totalTokens) && { totalTokens }),
  };
}

function isCount(tokens: unknown): tokens is number {
  return Number.isSafeInteger(tokens) && (tokens as number) >= 0;
}
