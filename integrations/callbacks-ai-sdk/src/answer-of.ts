import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4ResponseMetadata,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";
import type { EndPayload, PayloadInput } from "@llx/callbacks";

/** What a model has answered, at once or piece by piece. */
export interface Answer {
  readonly content: readonly LanguageModelV4Content[];
  readonly finishReason?: LanguageModelV4FinishReason | undefined;
  readonly usage?: LanguageModelV4Usage | undefined;
  readonly response?: LanguageModelV4ResponseMetadata | undefined;
}

/** What an `llm` event carries at its end. What is not told is left out. */
export function answerOf({
  content,
  finishReason,
  usage,
  response = {},
}: Answer): PayloadInput<EndPayload<"llm">> {
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

/** A text where there is nothing else, such as a call of a tool. */
function completionOf(content: readonly LanguageModelV4Content[]): unknown {
  const texts = content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return texts.length === content.length ? texts.join("") : content;
}
