import { mapJobs, RateLimiter } from "@llx/async";

const rate = new RateLimiter({
  requests: { limit: 500, interval: 60_000 },
  tokens: { limit: 800_000, interval: 60_000 },
});

/** Simulates a request. The response tells how many tokens it took. */
const complete = async (prompt: string) => ({ text: prompt.toUpperCase(), usage: { totalTokens: 12 } });

const answers = await mapJobs(
  ["one", "two"],
  async (prompt, { lease }) => {
    const { text, usage } = await complete(prompt);
    lease?.settle(usage.totalTokens);
    return text;
  },
  { rate, tokens: () => 1_000 }, // an estimate, on the high side
);
console.log(answers.join(" "), rate.state.tokens);
