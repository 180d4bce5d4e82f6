import { createOpenAICompatible } from "@ai-sdk/openai-compatible";

/** Any service that speaks the chat-completions protocol. With `includeUsage`, streams also report usage. */
export function openModel(url: string) {
  return createOpenAICompatible({ name: "fake", baseURL: `${url}/v1`, includeUsage: true })("parrot");
}

export type Model = ReturnType<typeof openModel>;
