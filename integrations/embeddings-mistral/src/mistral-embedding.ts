import {
  checkOptionNames,
  createEmbeddingModel,
  type ElementType,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  parseEmbeddings,
  readOpenaiResponse,
} from "@llx/embeddings";
import { HttpClient } from "@llx/http";
import { connect, connectionOptions, limits, type MistralConnectionOptions } from "./connect.ts";

/**
 * The options of all providers, and those of Mistral.
 *
 * @typeParam E what the numbers of the embeddings are
 */
export interface MistralEmbeddingOptions<E extends ElementType = "float">
  extends EmbeddingModelOptions, MistralConnectionOptions<E> {}

/**
 * Embeddings by Mistral AI.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://docs.mistral.ai/api/endpoint/embeddings
 */
export function mistralEmbedding<E extends ElementType = "float">(
  options: MistralEmbeddingOptions<E> = {},
): EmbeddingModel<E> {
  checkOptionNames(options, connectionOptions);
  const connection = connect(options);
  const { provider, model, url, elementType, encoding, dimensions, capabilities, key } = connection;
  const http = new HttpClient(connection.http);
  return createEmbeddingModel<E>(
    {
      provider,
      model,
      variant: url,
      elementType,
      encoding,
      dimensions,
      limits,
      capabilities,
      options: connectionOptions,
      async embed({ texts }, attempt) {
        const body = { model, ...connection.fields(texts) };
        return readOpenaiResponse(
          await http.postJson(url, body, { ...attempt, headers: key, parse: parseEmbeddings }),
        );
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}
