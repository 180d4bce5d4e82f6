import { Embeddings } from "@langchain/core/embeddings";
import type { ElementType, EmbeddingModel } from "@llx/embeddings";

/**
 * A model of `@llx/embeddings` as `Embeddings` of LangChain.js, for vector stores and whatever else accepts them. The
 * model batches and retries; its errors are passed on unchanged.
 *
 * @throws TypeError for other values than a model
 */
export function toLangChain<E extends ElementType = "float">(model: EmbeddingModel<E>): Embeddings {
  if (typeof model?.getTextEmbeddingBatch !== "function") {
    throw new TypeError("toLangChain needs an embedding model of @llx/embeddings");
  }
  return new ModelEmbeddings(model);
}

class ModelEmbeddings<E extends ElementType> extends Embeddings {
  readonly #model: EmbeddingModel<E>;

  constructor(model: EmbeddingModel<E>) {
    super({ maxRetries: 0 });
    this.#model = model;
  }

  async embedDocuments(texts: string[]): Promise<number[][]> {
    const { embeddings } = await this.#model.getTextEmbeddingBatch(texts);
    return embeddings.map((embedding) => Array.from(embedding));
  }

  async embedQuery(text: string): Promise<number[]> {
    return Array.from(await this.#model.getQueryEmbedding(text));
  }
}
