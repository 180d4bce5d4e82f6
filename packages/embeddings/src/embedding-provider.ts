import type { CallbackManager, Usage } from "@llx/callbacks";
import type { EmbeddingLimits, InputType } from "./embedding-model.ts";

/** One request to a provider. */
export interface EmbeddingRequest {
  readonly texts: readonly string[];
  readonly inputType: InputType;
}

/** What a provider answers. It is verified by the engine, not by the provider. */
export interface EmbeddingResponse {
  /** One for each text, in any order; `index` is the place of the text in the request. */
  readonly embeddings: readonly {
    readonly index: number;
    readonly embedding: readonly number[] | Float32Array;
  }[];
  readonly usage?: Usage | undefined;
  readonly model?: string | undefined;
  readonly requestId?: string | undefined;
}

/** All that a provider has to say; batching, order, checks, events and closing are the engine's. */
export interface EmbeddingProvider {
  readonly provider: string;
  readonly model: string;
  /** Numbers in an embedding, where that is known. */
  readonly dimensions?: number | undefined;
  readonly limits: EmbeddingLimits;
  /** Sends one request and reads its answer. */
  embed(request: EmbeddingRequest, context: { readonly signal: AbortSignal }): Promise<EmbeddingResponse>;
  /** Frees what the provider holds. */
  aclose?(): Promise<void>;
}

/** Options that every provider has, with the same meaning. */
export interface EmbeddingModelOptions {
  /** Requests at once. Default 4. */
  readonly workers?: number | undefined;
  /** Is told of the events of all calls. Default: the manager of the current trace. */
  readonly callbackManager?: CallbackManager | undefined;
}
