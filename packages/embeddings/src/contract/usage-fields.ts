/** The numbers of tokens in a usage. */
export const usageFields = ["inputTokens", "outputTokens", "totalTokens"] as const;
