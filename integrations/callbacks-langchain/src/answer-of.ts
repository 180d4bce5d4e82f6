import type { AIMessage } from "@langchain/core/messages";
import type { ChatGeneration, Generation, LLMResult } from "@langchain/core/outputs";
import type { EndPayload, PayloadInput, Usage } from "@llx/callbacks";

/** What providers put into the loose records of LangChain, as far as it is read here. */
interface Metadata {
  readonly finish_reason?: unknown;
  readonly stop_reason?: unknown;
  readonly model_name?: unknown;
  readonly model?: unknown;
}

/** What an `llm` event carries at its end. What is not told is left out. */
export function answerOf({ generations, llmOutput }: LLMResult): PayloadInput<EndPayload<"llm">> {
  // A stream without pieces is told as a generation that is not there.
  const all = generations.flat().filter((generation: Generation | undefined) => generation !== undefined);
  const message = messageOf(all[0]);
  const facts = { ...all[0]?.generationInfo, ...message?.response_metadata } as Metadata;
  const model = facts.model_name ?? facts.model;
  const finishReason = facts.finish_reason ?? facts.stop_reason;
  const usage = usageOf(message, llmOutput?.["tokenUsage"]);
  return {
    ...(typeof model === "string" && { model }),
    ...(typeof finishReason === "string" && { finishReason }),
    // Where the service gives no id, LangChain takes that of the run.
    ...(message?.id?.startsWith("run-") === false && { requestId: message.id }),
    ...(usage && { usage }),
    content: () => ({ completion: all.length === 1 ? completionOf(all[0]!) : all.map(completionOf) }),
  };
}

function messageOf(generation: Generation | undefined): AIMessage | undefined {
  return (generation as Partial<ChatGeneration> | undefined)?.message as AIMessage | undefined;
}

function usageOf(message: AIMessage | undefined, told: unknown): Usage | undefined {
  const metadata = message?.usage_metadata;
  if (metadata !== undefined) {
    const { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: totalTokens } = metadata;
    return { inputTokens, outputTokens, totalTokens };
  }
  if (typeof told !== "object" || told === null) return undefined;
  const { promptTokens, completionTokens, totalTokens } = told as Record<string, number | undefined>;
  // Some give an empty record where they know nothing.
  if (promptTokens === undefined && totalTokens === undefined) return undefined;
  return { inputTokens: promptTokens, outputTokens: completionTokens, totalTokens };
}

/** The text; with its content where there are calls of tools. */
function completionOf(generation: Generation): unknown {
  const message = messageOf(generation);
  if (!message?.tool_calls?.length) return generation.text;
  return { content: message.content, toolCalls: message.tool_calls };
}
