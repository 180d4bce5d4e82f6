import type { ElementType } from "../contract/element-type.ts";
import type { EmbeddingLimits } from "../contract/embedding-limits.ts";
import type { EmbeddingCapabilities, InputType } from "../contract/embedding-model.ts";
import type { AttemptOptions, EmbeddingResponse } from "../contract/embedding-provider.ts";
import type { BatchInput, BatchLimits, BatchState, BatchStatus } from "./batch-service.ts";

/** Why a service has not embedded a text, in its own words. */
export interface BatchTextFailure {
  /** Such as `batch_expired`. */
  readonly code?: unknown;
  /** The HTTP status of the text's request. */
  readonly status?: unknown;
  readonly message?: unknown;
  /**
   * Whether the text may succeed in another batch.
   *
   * @default for a status of 408, 429 or 5xx
   */
  readonly retryable?: boolean | undefined;
}

/** One line of the results of a service. The engine verifies it, not the provider. */
export interface BatchLine {
  /** What the text's line had as its id: a line without one is refused. */
  readonly id: unknown;
  /** As for a request with this one text. */
  readonly response?: EmbeddingResponse | undefined;
  /** In place of a response. */
  readonly failure?: BatchTextFailure | undefined;
}

/** What a service says of a batch, before it is checked. */
export interface ReportedStatus extends Omit<BatchStatus, "state"> {
  /** `undefined` for a step that the provider does not know, which is refused. */
  readonly state: BatchState | undefined;
}

/**
 * Everything that a provider of batches declares; the engine does retries, checks, verification and closing. Each function
 * makes one attempt, and its errors are read as those of an `EmbeddingProvider`; a `status` of 404 says that the service
 * does not know the batch or the file. What it throws must not show a key.
 */
export interface BatchProvider<E extends ElementType = "float"> {
  /** Its name in messages, and in the keys of a cache: that of the live model. */
  readonly provider: string;
  readonly model: string;
  /** @default "float" */
  readonly elementType?: E | undefined;
  /** Numbers in an embedding, if known; each result is checked against it. */
  readonly dimensions?: number | undefined;
  /** The limits of one text. */
  readonly limits: EmbeddingLimits;
  readonly batchLimits: BatchLimits;
  /** Those that are certain: greater ones among the options are refused. @default none, as other servers may have greater ones */
  readonly maxBatchLimits?: Partial<Pick<BatchLimits, "inputs" | "bytes">> | undefined;
  /** That of the live model, so that both have the same keys in a cache. */
  readonly variant?: string | undefined;
  readonly capabilities?: Partial<EmbeddingCapabilities> | undefined;
  /** Counts the tokens of a text as the model does. */
  readonly countTokens?: ((text: string) => number) | undefined;
  /** Names of its options in addition to those of every batch service. Any other option is an error. */
  readonly options?: readonly string[] | undefined;

  /** The line of one text, with its line break. */
  line(id: string, text: string, inputType: InputType): string;
  /** Uploads an input under its name. Returns the service's id of it; the engine checks that it is one. */
  upload(input: BatchInput, attempt: AttemptOptions): Promise<unknown>;
  /** The service's id of an uploaded input of this name and size; `undefined` if there is none. */
  findInput(input: Pick<BatchInput, "name" | "bytes">, attempt: AttemptOptions): Promise<unknown>;
  /** Creates a batch of this name from an uploaded input. Returns its id. */
  create(name: string, input: string, attempt: AttemptOptions): Promise<unknown>;
  /** The id of the batch of this name; `undefined` if there is none. */
  find(name: string, attempt: AttemptOptions): Promise<unknown>;
  status(batch: string, attempt: AttemptOptions): Promise<ReportedStatus>;
  /** The lines of all results of a batch, as they arrive, without their ends; the same ones in the same order each time. */
  lines(batch: string, attempt: AttemptOptions): AsyncIterable<Uint8Array>;
  /** Reads a line that is parsed as JSON. */
  readLine(line: object): BatchLine;
  cancel(batch: string, attempt: AttemptOptions): Promise<void>;
  /** Deletes the files of a batch, except for those that are gone already. */
  remove(batch: string, attempt: AttemptOptions): Promise<void>;
  /** Removes keys from a message of the service. */
  redact?(message: string): string;
  /** Frees the provider's resources. Called once, when no call is in flight. */
  aclose?(): Promise<void>;
}
