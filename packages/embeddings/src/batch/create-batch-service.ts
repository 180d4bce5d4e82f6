import { Closing, retry, type RetryOptions } from "@llx/async";
import { errorProperty } from "@llx/support";
import { EmbeddingCache } from "../cache/embedding-cache.ts";
import { cacheOptions, type CacheOptions, type CacheStore } from "../contract/cache-options.ts";
import type { ElementType } from "../contract/element-type.ts";
import { type EmbeddingLimits, limitNames } from "../contract/embedding-limits.ts";
import type { InputType } from "../contract/embedding-model.ts";
import type { AttemptOptions } from "../contract/embedding-provider.ts";
import { EmbeddingResponseError } from "../contract/embedding-response-error.ts";
import { checkInputType } from "../model/check-call.ts";
import { checkCache } from "../model/check-model.ts";
import { OpenCalls } from "../model/open-calls.ts";
import { checkIsString, checkText, type TextRules } from "../plan/check-text.ts";
import { TextMeasure } from "../plan/text-measure.ts";
import { withLimits } from "../support/limits.ts";
import { batchCache } from "./batch-cache.ts";
import { BatchError } from "./batch-error.ts";
import type { BatchProvider } from "./batch-provider.ts";
import type {
  BatchCache,
  BatchCallOptions,
  BatchInput,
  BatchLimits,
  BatchResult,
  BatchState,
  BatchStatus,
  EmbeddingBatchService,
} from "./batch-service.ts";
import type { BatchServiceOptions } from "./batch-service-options.ts";
import {
  batchLimitNames,
  checkBatchCall,
  checkBatchId,
  checkBatchName,
  checkBatchProvider,
  checkInput,
  checkServiceOptions,
} from "./check-batch.ts";
import { ResultReader, resumedLines } from "./result-stream.ts";
import { SeenIds } from "./seen-ids.ts";
import { shownMessage } from "./shown-message.ts";

/**
 * Creates a batch service from a provider's declaration.
 *
 * @throws TypeError or RangeError for an invalid declaration or invalid options
 */
export function createBatchService<E extends ElementType = "float">(
  provider: BatchProvider<E>,
  options: BatchServiceOptions = {},
): EmbeddingBatchService<E> {
  checkBatchProvider(provider);
  checkServiceOptions(provider, options);
  // Results are checked against the element type that the provider has declared.
  return new Service(provider, options) as EmbeddingBatchService<ElementType> as EmbeddingBatchService<E>;
}

/** A batch in one of these states does not change any more. */
const ended: ReadonlySet<BatchState> = new Set(["done", "failed", "expired", "cancelled"]);

/** Statuses with which a service may refuse to cancel a batch. */
const refusals: ReadonlySet<unknown> = new Set([400, 409, 422]);

type Attempt = Pick<AttemptOptions, "signal" | "attempt">;

class Service implements EmbeddingBatchService<ElementType> {
  readonly provider: string;
  readonly model: string;
  readonly elementType: ElementType;
  readonly limits: EmbeddingLimits;
  readonly batchLimits: BatchLimits;
  readonly #declared: BatchProvider<ElementType>;
  readonly #rules: TextRules;
  readonly #reader: ResultReader;
  readonly #allowZero: boolean;
  readonly #retry: RetryOptions;
  readonly #timeout: number;
  readonly #calls: OpenCalls;
  readonly #streams: OpenCalls;
  readonly #closing: Closing;
  /** That of the last line, which was checked: most have the same. */
  #inputType: InputType | undefined;

  constructor(declared: BatchProvider<ElementType>, options: BatchServiceOptions) {
    const { provider, model, elementType = "float" } = declared;
    const { retry: retries = {}, timeout = 60_000, allowZero = false } = options;
    this.provider = provider;
    this.model = model;
    this.elementType = elementType;
    this.limits = withLimits<keyof EmbeddingLimits, EmbeddingLimits>(
      declared.limits,
      options.limits,
      limitNames,
    );
    this.batchLimits = withLimits<keyof typeof batchLimitNames, BatchLimits>(
      declared.batchLimits,
      options.batchLimits,
      batchLimitNames,
      "batchLimits",
    );
    this.#declared = declared;
    const measure = new TextMeasure(options.countTokens ?? declared.countTokens);
    this.#rules = { limits: this.limits, measure, truncate: false };
    this.#reader = new ResultReader(declared, allowZero);
    this.#allowZero = allowZero;
    this.#retry = retries;
    this.#timeout = timeout;
    this.#calls = new OpenCalls(`the batches of ${provider}`);
    this.#streams = new OpenCalls(`the batches of ${provider}`);
    this.#closing = new Closing(`the batch service of ${provider}`, async () => {
      this.#streams.abort(new Error(`the batch service of ${provider} was closed`));
      await this.#calls.idle();
      await declared.aclose?.();
    });
  }

  get dimensions(): number | undefined {
    return this.#reader.dimensions;
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  aclose(): Promise<void> {
    return this.#closing.aclose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  line(id: string, text: string, inputType: InputType): string {
    checkBatchName("the id of a text", id);
    if (inputType !== this.#inputType) this.#checkInputType(inputType);
    const nameOf = (): string => `the text ${id}`;
    checkIsString(text, 0, nameOf);
    const size = checkText(text, 0, this.#rules, nameOf);
    if (size instanceof RangeError) throw size;
    return this.#declared.line(id, text, inputType);
  }

  submit(
    input: BatchInput,
    options: BatchCallOptions & { readonly checked?: boolean | undefined } = {},
  ): Promise<string> {
    return this.#call(options, async (signal) => {
      checkInput(input, this.batchLimits);
      const { checked = true } = options;
      const { name } = input;
      const find = (attempt: AttemptOptions): Promise<string | undefined> =>
        this.#idOf("batch", this.#declared.find(name, attempt));
      const findInput = (attempt: AttemptOptions): Promise<string | undefined> =>
        this.#idOf("file", this.#declared.findInput(input, attempt));
      const found = checked ? await this.#retried(signal, find) : undefined;
      if (found !== undefined) return found;
      const uploaded = checked ? await this.#retried(signal, findInput) : undefined;
      const file =
        uploaded ??
        (await this.#once(signal, findInput, (attempt) =>
          this.#idOf("file", this.#declared.upload(input, attempt), true),
        ));
      return this.#once(signal, find, (attempt) =>
        this.#idOf("batch", this.#declared.create(name, file, attempt), true),
      );
    });
  }

  find(name: string, options: BatchCallOptions = {}): Promise<string | undefined> {
    return this.#call(options, (signal) => {
      checkBatchName("the name of an input", name);
      return this.#retried(signal, (attempt) => this.#idOf("batch", this.#declared.find(name, attempt)));
    });
  }

  status(batch: string, options: BatchCallOptions = {}): Promise<BatchStatus> {
    return this.#call(options, (signal) => this.#status(batch, signal));
  }

  async *results(
    batch: string,
    options: BatchCallOptions = {},
  ): AsyncGenerator<BatchResult<ElementType>, void, undefined> {
    this.#closing.throwIfClosed();
    checkBatchCall(options);
    const call = this.#streams.begin(options);
    const { signal } = call;
    try {
      const { state, done } = await this.#status(batch, signal);
      const seen = new SeenIds();
      let embedded = 0;
      let number = 0;
      const lines = resumedLines(
        (attempt) => this.#declared.lines(batch, { ...attempt, timeout: this.#timeout }),
        { ...this.#retry, signal },
      );
      try {
        for await (const line of lines) {
          const result = this.#reader.read(line, ++number, seen);
          // One that does not pass its checks was embedded too.
          if (errorProperty(result.error, "name") !== "BatchTextError") embedded++;
          yield result;
        }
      } catch (error) {
        throw this.#gone(error, batch, "results_gone", "has deleted the results of the batch");
      }
      if (ended.has(state) && done !== undefined && embedded < done) {
        const problem = `returned ${embedded} embeddings for the batch ${batch}, and states that it has ${done}; read them again`;
        throw new BatchError(this.provider, problem, { code: "results_incomplete", batch });
      }
    } finally {
      this.#streams.end(call);
    }
  }

  cancel(batch: string, options: BatchCallOptions = {}): Promise<void> {
    return this.#call(options, async (signal) => {
      checkBatchId(batch);
      try {
        await this.#retried(signal, (attempt) => this.#cancel(batch, attempt));
      } catch (error) {
        throw this.#unknown(error, batch);
      }
    });
  }

  remove(batch: string, options: BatchCallOptions = {}): Promise<void> {
    return this.#call(options, async (signal) => {
      checkBatchId(batch);
      try {
        await this.#retried(signal, (attempt) => this.#declared.remove(batch, attempt));
      } catch (error) {
        throw this.#unknown(error, batch);
      }
    });
  }

  openCache(cache: CacheStore | CacheOptions, inputType: InputType): BatchCache<ElementType> {
    checkCache(cache);
    const { provider, model, variant, dimensions } = this.#declared;
    this.#checkInputType(inputType);
    const { elementType } = this;
    // As those of the live model: see `createEmbeddingModel`.
    const identity = { provider, model, variant, elementType, dimensions, truncate: false };
    return batchCache(new EmbeddingCache(identity, cacheOptions(cache), this.#allowZero), inputType);
  }

  #checkInputType(inputType: InputType): void {
    const { provider, capabilities } = this.#declared;
    checkInputType({ provider, capabilities: { inputTypes: [], ...capabilities } }, inputType);
    this.#inputType = inputType;
  }

  async #call<T>(options: BatchCallOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#closing.throwIfClosed();
    checkBatchCall(options);
    const call = this.#calls.begin(options);
    try {
      return await work(call.signal);
    } finally {
      this.#calls.end(call);
    }
  }

  #retried<T>(signal: AbortSignal, work: (attempt: AttemptOptions) => Promise<T>): Promise<T> {
    const timeout = this.#timeout;
    return retry((attempt: Attempt) => work({ ...attempt, timeout }), { ...this.#retry, signal });
  }

  /** Makes something at the service once: after an attempt of which nobody knows whether it succeeded, it is looked for. */
  #once(
    signal: AbortSignal,
    find: (attempt: AttemptOptions) => Promise<string | undefined>,
    make: (attempt: AttemptOptions) => Promise<string>,
  ): Promise<string> {
    let isUnsure = false;
    return this.#retried(signal, async (attempt) => {
      const found = isUnsure ? await find(attempt) : undefined;
      if (found !== undefined) return found;
      try {
        return await make(attempt);
      } catch (error) {
        isUnsure ||= errorProperty(error, "refused") !== true;
        throw error;
      }
    });
  }

  async #cancel(batch: string, attempt: AttemptOptions): Promise<void> {
    try {
      await this.#declared.cancel(batch, attempt);
    } catch (error) {
      // Services refuse to cancel what has ended, each in its own way.
      if (!refusals.has(errorProperty(error, "status"))) throw error;
      const { state } = await this.#statusOf(batch, attempt);
      if (!ended.has(state)) throw error;
    }
  }

  async #status(batch: string, signal: AbortSignal): Promise<BatchStatus> {
    checkBatchId(batch);
    try {
      return await this.#retried(signal, (attempt) => this.#statusOf(batch, attempt));
    } catch (error) {
      throw this.#unknown(error, batch);
    }
  }

  async #statusOf(batch: string, attempt: AttemptOptions): Promise<BatchStatus> {
    const { state, message, ...status } = await this.#declared.status(batch, attempt);
    if (state === undefined) throw this.#malformed(`the batch ${batch} has no status that is known`);
    const redact = (text: string): string => this.#declared.redact?.(text) ?? text;
    return { ...status, state, message: shownMessage(message, redact) || undefined };
  }

  #idOf(what: "batch" | "file", work: Promise<unknown>): Promise<string | undefined>;
  #idOf(what: "batch" | "file", work: Promise<unknown>, isRequired: true): Promise<string>;
  async #idOf(what: string, work: Promise<unknown>, isRequired = false): Promise<string | undefined> {
    const id = await work;
    if (id === undefined && !isRequired) return undefined;
    if (typeof id !== "string" || id === "") throw this.#malformed(`the ${what} has no id`);
    return id;
  }

  #malformed(problem: string): EmbeddingResponseError {
    return new EmbeddingResponseError(this.provider, problem, { retryable: true, requestId: undefined });
  }

  #unknown(error: unknown, batch: string): unknown {
    return this.#gone(error, batch, "unknown_batch", "does not know the batch");
  }

  #gone(error: unknown, batch: string, code: "unknown_batch" | "results_gone", what: string): unknown {
    if (errorProperty(error, "status") !== 404) return error;
    const advice = "send its texts again in another one";
    return new BatchError(this.provider, `${what} ${batch} (any more); ${advice}`, {
      code,
      batch,
      cause: error,
    });
  }
}
