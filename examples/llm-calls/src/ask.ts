import type { JobContext } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import { generateText } from "ai";
import type { Model } from "./open-model.ts";

/** A single model call, as an `llm` event that reports its usage. */
export function ask(
  model: Model,
  question: string,
  { signal, attempt }: JobContext,
  manager: CallbackManager,
): Promise<string> {
  const { provider, modelId } = model;
  return manager.event(
    "llm",
    { provider, model: modelId, attempt, content: { prompt: question } },
    async (event) => {
      const answer = await generateText({ model, prompt: question, abortSignal: signal, maxRetries: 0 });
      const { text, finishReason, usage } = answer;
      event.set({ finishReason, usage, content: { completion: text } });
      return text;
    },
    { signal },
  );
}
