import { type JobContext, mapJobs } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import { generateText, type ModelMessage, NoObjectGeneratedError, Output } from "ai";
import type { z } from "zod";
import type { Model } from "./open-model.ts";
import { retry } from "./retry.ts";

/** One call for an answer in a form. What an invalid answer has used is reported too. */
function askObject<T>(
  model: Model,
  schema: z.ZodType<T>,
  messages: ModelMessage[],
  { signal, attempt }: JobContext,
  manager: CallbackManager,
): Promise<T> {
  const { provider, modelId } = model;
  return manager.event(
    "llm",
    { provider, model: modelId, attempt, content: { prompt: messages } },
    async (event) => {
      try {
        const output = Output.object({ schema });
        const answer = await generateText({ model, messages, output, abortSignal: signal, maxRetries: 0 });
        const { finishReason, usage, text } = answer;
        event.set({ finishReason, usage, content: { completion: text } });
        return answer.output;
      } catch (error) {
        if (NoObjectGeneratedError.isInstance(error)) {
          const { finishReason, usage, text } = error;
          event.set({ finishReason, usage, content: { completion: text } });
        }
        throw error;
      }
    },
    { signal },
  );
}

/** Asks all questions. An invalid answer is sent back with what is wrong with it, and counts as a failed attempt. */
export function askObjects<T>(
  model: Model,
  schema: z.ZodType<T>,
  questions: readonly string[],
  signal: AbortSignal,
  manager: CallbackManager,
): Promise<T[]> {
  const dialogues = questions.map((question): ModelMessage[] => [{ role: "user", content: question }]);
  return mapJobs(
    dialogues,
    async (messages, job) => {
      try {
        return await askObject(model, schema, [...messages], job, manager);
      } catch (error) {
        if (NoObjectGeneratedError.isInstance(error)) {
          messages.push(
            { role: "assistant", content: error.text ?? "" },
            { role: "user", content: `This is not valid: ${reasonOf(error)}. Answer with valid JSON only.` },
          );
        }
        throw error;
      }
    },
    {
      retry: {
        ...retry,
        shouldRetry: (error) => NoObjectGeneratedError.isInstance(error) || retry.shouldRetry!(error),
      },
      signal,
    },
  );
}

/** What the schema, or the parser of JSON, says. */
function reasonOf({ cause, message }: NoObjectGeneratedError): string {
  return cause instanceof Error ? cause.message : message;
}
