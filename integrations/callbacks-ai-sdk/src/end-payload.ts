import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4ResponseMetadata,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";
import type { EndPayload, PayloadInput } from "@llx/callbacks";

/** The result of a call, complete or streamed so far. */
export interface CallResult {
  readonly content: readonly LanguageModelV4Content[];
  readonly finishReason?: LanguageModelV4FinishReason | undefined;
  readonly usage?: LanguageModelV4Usage | undefined;
  readonly response?: LanguageModelV4ResponseMetadata | undefined;
}

/** The payload of the end of an `llm` event. Facts that the provider does not report are left out. */
export function endPayloadOf({
  content,
  finishReason,
  usage,
  response = {},
}: CallResult): PayloadInput<EndPayload<"llm">> {
  const { id, modelId } = response;
  return {
    ...(modelId !== undefined && { model: modelId }),
    ...(id !== undefined && { requestId: id }),
    ...(finishReason && { finishReason: finishReason.unified }),
    ...(usage && { usage: usageOf(usage) }),
    content: () => ({ completion: completionOf(content) }),
  };
}

function usageOf({ inputTokens, outputTokens }: LanguageModelV4Usage) {
  const { total: input } = inputTokens;
  const { total: output } = outputTokens;
  const total = input === undefined || output === undefined ? undefined : input + output;
  return { inputTokens: input, outputTokens: output, totalTokens: total };
}

/** The text, or all parts if there are others, such as tool calls. */
function completionOf(content: readonly LanguageModelV4Content[]): unknown {
  const texts = content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return texts.length === content.length ? texts.join("") : content;
}
