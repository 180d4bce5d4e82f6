// A program of so many calls of the AI SDK, eight at once, with a model that answers at once; recorded by nothing, by
// DevtoolsHandler, or by the AI SDK's own devtools, in the current folder. Prints the milliseconds of a call.
import { DevToolsTelemetry } from "@ai-sdk/devtools";
import { CallbackManager } from "@llx/callbacks";
import { llmEventMiddleware } from "@llx/callbacks-ai-sdk";
import { DevtoolsHandler } from "@llx/devtools";
import { generateText, registerTelemetry, wrapLanguageModel } from "ai";
import { MockLanguageModelV4 } from "ai/test";

const [calls, recorder] = [Number(process.argv[2]), process.argv[3]];

const mock = new MockLanguageModelV4({
  provider: "example",
  modelId: "small",
  doGenerate: async () => ({
    content: [{ type: "text", text: "answer ".repeat(30) }],
    finishReason: { unified: "stop", raw: "stop" },
    usage: {
      inputTokens: { total: 50, noCache: 50, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 30, text: 30, reasoning: 0 },
    },
    warnings: [],
  }),
});
// Both keep the texts of prompts and answers.
const handlers = recorder === "llx" ? [new DevtoolsHandler({ record: "run.ndjson", capture: "full" })] : [];
const callbackManager = new CallbackManager({ handlers });
const model =
  recorder === "llx"
    ? wrapLanguageModel({ model: mock, middleware: llmEventMiddleware({ callbackManager }) })
    : mock;
if (recorder === "ai-sdk") registerTelemetry(DevToolsTelemetry());

const ask = (number: number): Promise<unknown> =>
  generateText({ model, prompt: `question ${number}: ${"words ".repeat(30)}` });

await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(ask));
const start = performance.now();
for (let number = 8; number < calls; number += 8) {
  // oxlint-disable-next-line no-await-in-loop -- eight at once
  await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((each) => ask(number + each)));
}
console.log((performance.now() - start) / (calls - 8));
await callbackManager.aclose();
