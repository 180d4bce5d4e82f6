import assert from "node:assert/strict";
import { mapJobs, RateLimiter } from "@llx/async";
import { CallbackManager, DebugHandler, TokenCountingHandler } from "@llx/callbacks";
import { ask } from "./ask.ts";
import type { FakeServer } from "./fake-server.ts";
import type { Model } from "./open-model.ts";
import { retry } from "./retry.ts";

/** Many calls: four at once, six per 50 ms, and refused calls are retried. */
export async function askMany(
  model: Model,
  count: number,
  server: FakeServer,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const tokens = new TokenCountingHandler();
  const debug = new DebugHandler({ sink: { write: (text) => print(text.trimEnd()) } });
  const manager = new CallbackManager({ handlers: [tokens, debug] });
  const rate = new RateLimiter({ requests: { limit: 6, interval: 50 } });

  print(`Asking ${count} questions.`);
  const questions = Array.from({ length: count }, (_, index) => `question ${index + 1}`);
  const answers = await manager.asTrace("ask many", () =>
    mapJobs(questions, (question, job) => ask(model, question, job, manager), {
      workers: 4,
      rate,
      retry,
      signal,
    }),
  );

  assert.deepEqual(
    answers,
    questions.map((question) => `the answer to ${question}`),
  );
  assert.equal(tokens.totalTokens, server.tokens, "every token must be counted");
  print(`${server.answered} calls succeeded; ${server.refused} were refused and retried.`);
  print(`${tokens.promptTokens} input tokens, ${tokens.completionTokens} output tokens.`);
  debug.printTraceMap();
}
