import { expect, it } from "vitest";
import { providerName } from "./provider-name.ts";

it.each([
  // Our packages.
  ["OpenAI", "openai"],
  ["my-resource.openai.azure.com", "azure.ai.openai"],
  ["my-resource.services.ai.azure.com", "azure.ai.openai"],
  ["my-resource.openai.azure.us", "azure.ai.openai"],
  ["Amazon Bedrock", "aws.bedrock"],
  ["Gemini", "gcp.gemini"],
  ["Mistral", "mistral_ai"],
  ["Cohere", "cohere"],
  // The conventions have no names for these.
  ["Voyage", "voyage"],
  ["Heroku", "heroku"],
  ["Isaacus", "isaacus"],
  ["Ollama", "ollama"],
  ["local", "local"],
  // The AI SDK.
  ["openai.embedding", "openai"],
  ["openai.responses", "openai"],
  ["azure.chat", "azure.ai.openai"],
  ["azure-openai.chat", "azure.ai.openai"],
  ["amazon-bedrock", "aws.bedrock"],
  ["google.generative-ai", "gcp.gemini"],
  ["google.vertex.chat", "gcp.vertex_ai"],
  ["mistral.embedding", "mistral_ai"],
  ["cohere.textEmbedding", "cohere"],
  ["anthropic.messages", "anthropic"],
  ["xai.chat", "x_ai"],
  ["groq.chat", "groq"],
  ["deepseek.chat", "deepseek"],
  ["moonshotai.chat", "moonshot_ai"],
  // LangChain.
  ["google_genai", "gcp.gemini"],
  ["google_vertexai", "gcp.vertex_ai"],
  ["amazon_bedrock", "aws.bedrock"],
  ["azure", "azure.ai.openai"],
  ["google", "gcp.gen_ai"],
  ["OpenAIEmbeddings", "openai"],
  ["AzureOpenAIEmbeddings", "azure.ai.openai"],
  ["GoogleGenerativeAIEmbeddings", "gcp.gemini"],
  ["MistralAIEmbeddings", "mistral_ai"],
  ["Embeddings", "embeddings"],
  // Other servers with the same API are not the service.
  ["openai.example.com", "openai.example.com"],
  ["My Proxy", "my_proxy"],
  ["azure-proxy.example.com", "azure-proxy.example.com"],
])("%s is %s", (given, expected) => {
  expect(providerName(given)).toBe(expected);
});

it.each([
  "anthropic",
  "aws.bedrock",
  "azure.ai.inference",
  "azure.ai.openai",
  "cohere",
  "deepseek",
  "gcp.gemini",
  "gcp.gen_ai",
  "gcp.vertex_ai",
  "groq",
  "ibm.watsonx.ai",
  "mistral_ai",
  "moonshot_ai",
  "openai",
  "perplexity",
  "x_ai",
])("%s, a name of the conventions, is kept", (name) => {
  expect(providerName(name)).toBe(name);
});
