// Streams of a language model within a limit in money: their usage comes last, and a reader may leave before.
import type { Usage } from "@llx/callbacks";
import { MoneyBudget } from "@llx/embeddings/costs";

const budget = new MoneyBudget({ limit: 0.000_3, prices: { "tiny-llm": { input: 0.5, output: 2 } } });
const tiny = budget.open("tiny-llm");

/** A model that writes a word at a time, and its usage at the end. */
async function* ask(prompt: string): AsyncGenerator<{ text: string; usage: Usage | null }> {
  for (const text of ["To", " show", " the", " way."]) yield { text, usage: null };
  yield { text: "", usage: { inputTokens: Math.ceil(prompt.length / 4), outputTokens: 4 } };
}

async function* askWithinBudget(prompt: string, signal?: AbortSignal): AsyncGenerator<string> {
  // The service was given the same maximum, as its max_tokens.
  const expected = { tokens: Math.ceil(prompt.length / 4), inputs: 1, outputTokens: 20 };
  // It ends with this block: of a stream that is left early, all that is reserved counts as used.
  using reserve = await tiny.reserve(expected, signal);
  const usage: Usage = {};
  try {
    for await (const part of ask(prompt)) {
      // In the last part, in several, or in each what was used so far: later counts take the place of earlier ones.
      Object.assign(usage, part.usage);
      yield part.text;
    }
    reserve.answered(usage);
  } catch (error) {
    reserve.failed(error);
    throw error;
  }
}

const prompt = "Why do bees dance? ".repeat(20);
for await (const text of askWithinBudget(prompt)) if (text === " show") break;
console.log("left:", budget.spent, "spent,", budget.reserved, "reserved");
console.log((await Array.fromAsync(askWithinBudget(prompt))).join(""), budget.spent, "spent");
