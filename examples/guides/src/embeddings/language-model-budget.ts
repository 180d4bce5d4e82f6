// Calls of a language model within a limit in money.
import type { Usage } from "@llx/callbacks";
import { BudgetError, MoneyBudget } from "@llx/embeddings/costs";

const prices = { "tiny-llm": { input: 0.5, output: 2 } }; // for 1,000,000 tokens
const budget = new MoneyBudget({ limit: 0.000_3, prices });
const tiny = budget.open("tiny-llm");

async function withinBudget<R extends { usage: Usage }>(
  prompt: string,
  signal: AbortSignal,
  call: () => Promise<R>,
): Promise<R> {
  using reserve = await tiny.reserve({ tokens: Math.ceil(prompt.length / 4), inputs: 1 }, signal);
  try {
    const answer = await call(); // such as generateText, with maxRetries: 0
    reserve.answered(answer.usage);
    return answer;
  } catch (error) {
    reserve.failed(error);
    throw error;
  }
}

const prompt = "Why do bees dance? ".repeat(20);
const { signal } = new AbortController();
const call = async () => ({ text: "To show the way.", usage: { inputTokens: 100, outputTokens: 20 } });
const calls = Array.from({ length: 5 }, () => withinBudget(prompt, signal, call));
const outcomes = await Promise.allSettled(calls);
const refused = outcomes.filter(
  (outcome) => outcome.status === "rejected" && outcome.reason instanceof BudgetError,
);
console.log(outcomes.length - refused.length, "answers for", budget.spent, "and", refused.length, "not sent");
