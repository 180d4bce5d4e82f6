import { mapJobs } from "@llx/async";
import { CallbackManager, DebugHandler, TokenCountingHandler } from "@llx/callbacks";
import { llmEventMiddleware } from "@llx/callbacks-ai-sdk";
import { generateText, wrapLanguageModel } from "ai";
import { startChatService } from "./chat-service.ts";

const { languageModel, requests, stop } = await startChatService();

const model = wrapLanguageModel({ model: languageModel, middleware: llmEventMiddleware() });

const debug = new DebugHandler({ sink: process.stdout });
const tokens = new TokenCountingHandler({ tokenBudget: 40 });
const manager = new CallbackManager({ handlers: [debug, tokens] });

const questions = ["Why are there tides?", "Why is the sea salty?", "Why does iron rust?", "Who dances?"];
const outcomes = await manager.asTrace("ask", () =>
  mapJobs(
    questions,
    async (prompt, { signal }) => {
      const { text } = await generateText({ model, prompt, abortSignal: signal, maxRetries: 0 });
      return text;
    },
    { workers: 1, settle: true },
  ),
);

for (const outcome of outcomes) {
  console.log(outcome.status === "fulfilled" ? outcome.value : (outcome.reason as Error).message);
}
console.log(`${requests()} requests, ${tokens.promptTokens} tokens in, ${tokens.completionTokens} out`);
debug.printTraceMap();
stop();
