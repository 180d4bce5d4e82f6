import type { EmbeddingLimits } from "../contract/embedding-limits.ts";
import type { EmbeddingModelOptions } from "../contract/embedding-model-options.ts";
import type { BatchLimits } from "./batch-service.ts";

/** Options of every batch service, with the same meaning; most are those of embedding models. */
export interface BatchServiceOptions extends Pick<
  EmbeddingModelOptions,
  "retry" | "allowZero" | "countTokens"
> {
  /**
   * Limits of one text that differ from the provider's. The others stay as declared. `tokensPerInput` needs a `countTokens`.
   *
   * @default the limits that the provider declares for the model
   */
  readonly limits?:
    | Partial<Pick<EmbeddingLimits, "charactersPerInput" | "tokensPerInput" | "bytesPerInput">>
    | undefined;
  /**
   * Limits of one batch that differ from the provider's, such as `{ inputs: 10_000 }`. The others stay as declared.
   *
   * @default the limits that the provider declares
   */
  readonly batchLimits?: Partial<Pick<BatchLimits, "inputs" | "bytes">> | undefined;
  /**
   * Milliseconds for one attempt of a call; while a file is uploaded or results are read, for each wait.
   *
   * @default 60_000
   */
  readonly timeout?: number | undefined;
}
