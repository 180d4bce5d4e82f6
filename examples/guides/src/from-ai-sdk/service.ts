import { fakeOpenai } from "@llx/embeddings-openai/testing";
import { type EmbeddingServer, startEmbeddingServer } from "@llx/embeddings/testing";
import { createOpenAI } from "@ai-sdk/openai";
import { type EmbeddingModel, wrapEmbeddingModel } from "ai";

/** A local service that speaks OpenAI's protocol, and an AI SDK model that calls it. */
export async function startService(
  options: { textsPerRequest?: number } = {},
): Promise<{ server: EmbeddingServer; theirs: Exclude<EmbeddingModel, string> }> {
  const service = fakeOpenai({ dimensions: 4 });
  const server = await startEmbeddingServer(service);
  const openai = createOpenAI({ apiKey: service.apiKey, baseURL: `${server.url}/v1` });
  const model = openai.embeddingModel("text-embedding-3-small");
  const { textsPerRequest = 2048 } = options;
  // OpenAI accepts 2,048 texts per request. With fewer, a handful of texts already makes several requests.
  const middleware = {
    specificationVersion: "v4",
    overrideMaxEmbeddingsPerCall: () => textsPerRequest,
  } as const;
  return { server, theirs: wrapEmbeddingModel({ model, middleware }) };
}
