import type { Usage } from "@llx/callbacks";

const fields = ["inputTokens", "outputTokens", "totalTokens"] as const;

/** Adds up token counts. A count that one of them does not have is unknown, not 0. */
export function plusUsage(one: Usage | undefined, other: Usage | undefined): Usage | undefined {
  const sum: { -readonly [K in keyof Usage]: Usage[K] } = {};
  for (const field of fields) {
    const [a, b] = [one?.[field], other?.[field]];
    if (a !== undefined && b !== undefined) sum[field] = a + b;
  }
  return Object.keys(sum).length > 0 ? sum : undefined;
}
