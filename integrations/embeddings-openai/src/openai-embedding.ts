import {
  checkOptionNames,
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  parseEmbeddings,
  readOpenaiResponse,
} from "@llx/embeddings";
import { HttpClient } from "@llx/http";
import { connect, connectionOptions, type OpenaiConnectionOptions } from "./connect.ts";
import { withAdvice } from "./with-advice.ts";

export interface OpenaiEmbeddingOptions extends EmbeddingModelOptions, OpenaiConnectionOptions {}

/**
 * Embeddings by OpenAI, or by any server that supports its protocol.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://platform.openai.com/docs/api-reference/embeddings
 */
export function openaiEmbedding(options: OpenaiEmbeddingOptions = {}): EmbeddingModel {
  checkOptionNames(options, connectionOptions);
  const connection = connect(options);
  const { server, model, encoding } = connection;
  const { url, provider } = server;
  const { offered, ...assumed } = connection.assumed;
  const http = new HttpClient(connection.http);
  return createEmbeddingModel(
    {
      provider,
      model,
      variant: url,
      encoding,
      ...assumed,
      capabilities: { ...offered, wireFormats: ["json", "base64"] },
      options: connectionOptions,
      async embed({ texts }, attempt) {
        const body = connection.body(texts);
        try {
          return readOpenaiResponse(await http.postJson(url, body, { ...attempt, parse: parseEmbeddings }));
        } catch (error) {
          throw withAdvice(error, server, model);
        }
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}
