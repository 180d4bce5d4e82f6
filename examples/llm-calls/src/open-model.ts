import { createOpenAICompatible } from "@ai-sdk/openai-compatible";

/** Any service that speaks the chat-completions protocol. With `includeUsage`, streams also report usage. */
export function openModel(url: string, name = "parrot") {
  const options = { name: "fake", baseURL: `${url}/v1`, includeUsage: true, supportsStructuredOutputs: true };
  return createOpenAICompatible(options)(name);
}

export type Model = ReturnType<typeof openModel>;
