import { mapJobs, RateLimiter } from "@llx/async";

// 500 requests and 100,000 tokens a minute, whatever else runs with the same limiter.
const rate = new RateLimiter({
  requests: { limit: 500, interval: 60_000 },
  tokens: { limit: 100_000, interval: 60_000 },
});

const questions = ["Why is the sky blue?", "What makes the tides?", "How do bees find home?"];
const answers = await mapJobs(questions, async (question) => `an answer to: ${question}`, {
  rate,
  tokens: (question) => Math.ceil(question.length / 4) + 200, // of the question, and at most of its answer
  retry: {},
});
console.log(answers.length, "answers;", answers.at(-1));
