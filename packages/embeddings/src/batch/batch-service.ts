import type { AsyncClosable } from "@llx/async";
import type { Usage } from "@llx/callbacks";
import type { CacheOptions, CacheStore } from "../contract/cache-options.ts";
import type { ElementType, EmbeddingOf } from "../contract/element-type.ts";
import type { EmbeddingLimits } from "../contract/embedding-limits.ts";
import type { InputType } from "../contract/embedding-model.ts";

/** What one batch of a service may hold, and how long it may take. */
export interface BatchLimits {
  /** Texts in one batch. */
  readonly inputs: number;
  /** Bytes of its input, as the service receives it. */
  readonly bytes: number;
  /** Milliseconds after which the service ends a batch that is not finished. */
  readonly window: number;
}

/** The input of a batch: lines of the service, in UTF-8. */
export interface BatchInput {
  /** Names this input at the service, so that it is found again: the same in each attempt, unique to this batch. */
  readonly name: string;
  readonly texts: number;
  readonly bytes: number;
  /** Reads it from the start, as often as needed. */
  open(): AsyncIterable<Uint8Array>;
}

/** Where a batch is with its service. Services name these steps differently. */
export type BatchState =
  | "validating"
  | "running"
  | "finalizing"
  | "done"
  | "failed"
  | "expired"
  | "cancelling"
  | "cancelled";

/** What a service says of a batch. */
export interface BatchStatus {
  readonly state: BatchState;
  /** The texts that have an embedding so far, and that have failed; `undefined` where the service does not say. */
  readonly done: number | undefined;
  readonly failed: number | undefined;
  /** Why the batch has failed as a whole, in the service's words, redacted. */
  readonly message: string | undefined;
  /**
   * Of a batch that has failed as a whole: `false` if the same input would fail again. `undefined` where the service does not
   * say.
   */
  readonly retryable?: boolean | undefined;
  /**
   * Of a batch that has failed as a whole: `true` if it did not fit beside what waits at the service, and may when some of that has
   * ended. `undefined` where the service does not say.
   */
  readonly isQueueFull?: boolean | undefined;
  /** Whether there is anything to read with `results`: also of batches that have expired or were cancelled. */
  readonly hasResults: boolean;
}

/** The result of one text, verified. */
export type BatchResult<E extends ElementType = "float"> =
  | {
      readonly id: string;
      readonly embedding: EmbeddingOf<E>;
      readonly error?: undefined;
      readonly usage?: Usage | undefined;
    }
  | {
      readonly id: string;
      readonly embedding?: undefined;
      /** Its `retryable` says whether the text may succeed in another batch. */
      readonly error: Error;
      readonly usage?: Usage | undefined;
    };

/** Options of one call to a batch service. */
export interface BatchCallOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A service that embeds texts within hours, for less. Its calls are retried as those of a model; a call that is repeated after
 * its process has ended finds what it did before by its name, so that nothing is uploaded or paid for twice.
 *
 * @typeParam E the element type of its embeddings
 */
export interface EmbeddingBatchService<E extends ElementType = "float"> extends AsyncClosable {
  readonly provider: string;
  readonly model: string;
  readonly elementType: E;
  /** Numbers in an embedding, if known. */
  readonly dimensions: number | undefined;
  /** The limits of one text. */
  readonly limits: EmbeddingLimits;
  readonly batchLimits: BatchLimits;

  /**
   * The line of one text, with its line break, as the service reads it.
   *
   * @param id names the text in the results: unique in its batch, up to 64 letters, digits, "-" and "_"
   * @throws TypeError or RangeError for a text that cannot be sent
   */
  line(id: string, text: string, inputType: InputType): string;

  /**
   * Uploads an input and creates its batch, if they are not there yet: first looks for a batch, and an input, of this name. Returns
   * the id of the batch. With `checked: false` it does not look first: for a name that was certainly never used.
   */
  submit(
    input: BatchInput,
    options?: BatchCallOptions & { readonly checked?: boolean | undefined },
  ): Promise<string>;
  /** The id of the batch of this name, without creating one. */
  find(name: string, options?: BatchCallOptions): Promise<string | undefined>;
  /** @throws an error with `code: "unknown_batch"` for a batch that the service does not know (any more) */
  status(batch: string, options?: BatchCallOptions): Promise<BatchStatus>;
  /**
   * The results of a batch, as they are received and in no order; each embedding is verified (dimensions, finite numbers, not only
   * zeros). A line that cannot be attributed to a text is an error.
   */
  results(batch: string, options?: BatchCallOptions): AsyncGenerator<BatchResult<E>, void, undefined>;
  /** Asks the service to end a batch; one that has ended already is ignored. */
  cancel(batch: string, options?: BatchCallOptions): Promise<void>;
  /** Deletes the files of a batch at the service; those that are gone already are ignored. */
  remove(batch: string, options?: BatchCallOptions): Promise<void>;

  /** Opens a cache under the keys of the model, so that live calls find what batches have stored, and vice versa. */
  openCache(cache: CacheStore | CacheOptions, inputType: InputType): BatchCache<E>;

  /** Waits for its calls in flight, and frees its connections. */
  aclose(): Promise<void>;
}

/** A cache of the embeddings of a model. Its failures are reported as those of a model's cache, and never stop a run. */
export interface BatchCache<E extends ElementType = "float"> {
  /** The embedding of each text; `undefined` where there is none. */
  read(texts: readonly string[]): Promise<(EmbeddingOf<E> | undefined)[]>;
  write(entries: readonly { readonly text: string; readonly embedding: EmbeddingOf<E> }[]): Promise<void>;
}
