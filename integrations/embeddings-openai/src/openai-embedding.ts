import {
  checkOptionNames,
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  parseEmbeddings,
  readOpenaiResponse,
} from "@llx/embeddings";
import { HttpClient, NotFoundError } from "@llx/http";
import { connect, connectionOptions, type OpenaiConnectionOptions } from "./connect.ts";
import type { OpenaiServer } from "./openai-server.ts";

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
          throw error instanceof NotFoundError ? withAdvice(error, server, model) : error;
        }
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}

/** What is usually wrong where nothing is found. */
function withAdvice(error: NotFoundError, server: OpenaiServer, model: string): NotFoundError {
  const advice = server.hasDeployments
    ? /deployment/i.test(error.message) && `the model must be the name of your deployment, and it is ${model}`
    : // Most servers have their embeddings at /v1/embeddings.
      !server.hasVersion &&
      "the address has no version: where the embeddings are at /v1/embeddings, baseUrl must end with /v1";
  return advice ? new NotFoundError(`${error.message}; ${advice}`, error) : error;
}
