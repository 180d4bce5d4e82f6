import type { AsyncClosable, Progress } from "@llx/async";
import type { CallbackManager, Usage } from "@llx/callbacks";

/** One text as numbers. Element `i` of each embedding of a model has the same meaning. */
export type Embedding = Float32Array;

/** What a text is embedded for: to be found, or to find. Many models tell the two apart. */
export type InputType = "document" | "query";

/** What one request of a provider can take. What is absent is not limited. */
export interface EmbeddingLimits {
  /** Texts in one request. */
  readonly inputs: number;
  /** UTF-16 code units (`text.length`) in one text. */
  readonly charactersPerInput?: number | undefined;
  /** UTF-16 code units in all texts of a request together. */
  readonly characters?: number | undefined;
}

export interface EmbedOptions {
  /** Its abort stops the call, and the requests that are under way. */
  readonly signal?: AbortSignal | undefined;
  /** Is told of the events of this call. Default: the model's own, else that of the current trace. */
  readonly callbackManager?: CallbackManager | undefined;
}

export interface EmbedBatchOptions extends EmbedOptions {
  /** Requests at once. Default: the model's, 4. */
  readonly workers?: number | undefined;
  /** `true` shows a bar on stderr that counts requests; or give a `Progress` of your own. */
  readonly showProgress?: boolean | Progress | undefined;
}

/** Embeddings in the order of the texts, and what the provider said about them. */
export interface EmbeddingBatch {
  readonly embeddings: Embedding[];
  /** Tokens of all requests together; `undefined` where a request did not tell. */
  readonly usage: Usage | undefined;
  /** The model that served the requests, where the provider tells. */
  readonly model: string | undefined;
  /** The provider's ids of the requests, where it tells. */
  readonly requestIds: readonly string[];
}

/** Turns texts into vectors. The same contract for every provider. */
export interface EmbeddingModel extends AsyncClosable {
  readonly provider: string;
  readonly model: string;
  /** Numbers in an embedding, where that is known before the first one. */
  readonly dimensions: number | undefined;
  readonly limits: EmbeddingLimits;
  /** Embeds one text, to be found. */
  getTextEmbedding(text: string, options?: EmbedOptions): Promise<Embedding>;
  /** Embeds one question, to find texts with. */
  getQueryEmbedding(query: string, options?: EmbedOptions): Promise<Embedding>;
  /**
   * Embeds texts, in as few requests as the limits allow, several at once. Equal texts are sent once.
   *
   * @throws TypeError or RangeError that names the index of a text that cannot be sent, before anything is
   */
  getTextEmbeddingBatch(texts: readonly string[], options?: EmbedBatchOptions): Promise<EmbeddingBatch>;
}
