import assert from "node:assert/strict";
import { mapJobs } from "@llx/async";
import { CallbackManager, TokenBudgetError, TokenCountingHandler } from "@llx/callbacks";
import { ask } from "./ask.ts";
import type { FakeServer } from "./fake-server.ts";
import type { Model } from "./open-model.ts";
import { retry } from "./retry.ts";

const questions = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/** When the budget is used up, nothing more is sent; all answers are kept. */
export async function askWithinBudget(
  model: Model,
  server: FakeServer,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const before = server.answered;
  const tokens = new TokenCountingHandler({ tokenBudget: 20 });
  const manager = new CallbackManager({ handlers: [tokens] });
  const outcomes = await mapJobs(questions, (question, job) => ask(model, question, job, manager), {
    workers: 1,
    retry,
    settle: true,
    signal,
  });

  const answered = outcomes.filter(({ status }) => status === "fulfilled");
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  assert.ok(refused.every((error) => error instanceof TokenBudgetError));
  const sent = server.answered - before;
  assert.equal(
    sent,
    answered.length,
    "each answer must be kept, and nothing sent once the budget is used up",
  );
  print(
    `\nWith a budget of 20 tokens: ${answered.length} answers, ${questions.length - sent} questions not sent.`,
  );
  print(`The first refusal: ${refused[0]?.message}`);
}
