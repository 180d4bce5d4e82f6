import type { EmbeddingModelOptions } from "../contract/embedding-model-options.ts";
import type { RerankLimits } from "./rerank-limits.ts";

/** Options of every reranker, with the same meaning; most are those of embedding models. */
export interface RerankerOptions extends Pick<
  EmbeddingModelOptions,
  "workers" | "retry" | "rate" | "timeout" | "countTokens" | "callbackManager"
> {
  /**
   * Limits of one request that differ from the provider's, such as `{ inputs: 100 }`. The others stay as declared.
   *
   * @default the limits that the provider declares for the model
   */
  readonly limits?: Partial<RerankLimits> | undefined;
  /**
   * Maximum bytes of a decompressed response, for providers that send requests.
   *
   * @default the size of the requested results as JSON, with room
   */
  readonly maxBytes?: number | undefined;
  /**
   * `true`: the provider may cut a query or texts that are too long. Otherwise they are errors, as cutting loses text
   * silently. A provider that always cuts requires `true`; one that never cuts refuses it.
   *
   * @default false
   */
  readonly truncate?: boolean | undefined;
}
