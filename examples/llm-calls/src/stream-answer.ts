import type { CallbackManager } from "@llx/callbacks";
import { streamText } from "ai";
import type { Model } from "./open-model.ts";

/** The chunks of an answer as they arrive, in an `llm` event. Leaving the loop ends the request. */
export function streamAnswer(
  model: Model,
  question: string,
  signal: AbortSignal,
  manager: CallbackManager,
): AsyncIterable<string> {
  const { provider, modelId } = model;
  return manager.stream(
    "llm",
    { provider, model: modelId, content: { prompt: question } },
    async function* chunks(event) {
      const left = new AbortController();
      const abortSignal = AbortSignal.any([signal, left.signal]);
      const options = { model, prompt: question, abortSignal, maxRetries: 0, onError() {} };
      try {
        for await (const part of streamText(options).stream) {
          if (part.type === "text-delta") yield part.text;
          // The SDK does not throw these itself.
          else if (part.type === "error") throw part.error;
          else if (part.type === "abort") throw signal.reason;
          else if (part.type === "finish") {
            event.set({ finishReason: part.finishReason, usage: part.totalUsage });
          }
        }
      } finally {
        left.abort();
      }
    },
    { signal },
  );
}
