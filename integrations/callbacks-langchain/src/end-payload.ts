import type { AIMessage } from "@langchain/core/messages";
import type { ChatGeneration, Generation, LLMResult } from "@langchain/core/outputs";
import type { EndPayload, PayloadInput, Usage } from "@llx/callbacks";
import { isObject } from "@llx/support";

/** What is read here of the metadata that providers add to a response. */
interface Metadata {
  readonly finish_reason?: unknown;
  readonly stop_reason?: unknown;
  readonly model_name?: unknown;
  readonly model?: unknown;
}

/** The payload of the end of an `llm` event. Facts that the provider does not report are left out. */
export function endPayloadOf({ generations, llmOutput }: LLMResult): PayloadInput<EndPayload<"llm">> {
  // A stream without chunks is reported as an undefined generation.
  const all = generations.flat().filter((generation: Generation | undefined) => generation !== undefined);
  const message = messageOf(all[0]);
  const facts = { ...all[0]?.generationInfo, ...message?.response_metadata } as Metadata;
  const model = facts.model_name ?? facts.model;
  const finishReason = facts.finish_reason ?? facts.stop_reason;
  const usage = usageOf(message, llmOutput?.["tokenUsage"]);
  return {
    ...(typeof model === "string" && { model }),
    ...(typeof finishReason === "string" && { finishReason }),
    // Without an id of the service, LangChain uses the id of the run.
    ...(message?.id?.startsWith("run-") === false && { requestId: message.id }),
    ...(usage && { usage }),
    content: () => ({ completion: all.length === 1 ? completionOf(all[0]!) : all.map(completionOf) }),
  };
}

function messageOf(generation: Generation | undefined): AIMessage | undefined {
  return (generation as Partial<ChatGeneration> | undefined)?.message as AIMessage | undefined;
}

function usageOf(message: AIMessage | undefined, reported: unknown): Usage | undefined {
  const metadata = message?.usage_metadata;
  if (metadata !== undefined) {
    const { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: totalTokens } = metadata;
    return { inputTokens, outputTokens, totalTokens };
  }
  if (!isObject(reported)) return undefined;
  const { promptTokens, completionTokens, totalTokens } = reported as Record<string, number | undefined>;
  // Some providers report an empty record.
  if (promptTokens === undefined && totalTokens === undefined) return undefined;
  return { inputTokens: promptTokens, outputTokens: completionTokens, totalTokens };
}

/** The text; with tool calls, the content and the calls. */
function completionOf(generation: Generation): unknown {
  const message = messageOf(generation);
  if (!message?.tool_calls?.length) return generation.text;
  return { content: message.content, toolCalls: message.tool_calls };
}
