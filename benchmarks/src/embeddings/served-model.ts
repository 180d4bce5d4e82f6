import {
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  readOpenaiResponse,
} from "@llx/embeddings";
import { HttpClient } from "@llx/http";

/** A model of a server that responds as OpenAI does, with so many texts in a request. */
export function servedModel(url: string, inputs: number, options: EmbeddingModelOptions): EmbeddingModel {
  const http = new HttpClient({ provider: "served" });
  return createEmbeddingModel(
    {
      provider: "served",
      model: "served",
      limits: { inputs },
      embed: async ({ texts }, attempt) =>
        readOpenaiResponse(await http.postJson(`${url}/v1/embeddings`, { input: texts }, attempt)),
      aclose: () => http.aclose(),
    },
    options,
  );
}
