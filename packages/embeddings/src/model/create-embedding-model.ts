import { Closing, type SettleOption } from "@llx/async";
import { cacheOptions } from "../contract/cache-options.ts";
import {
  checkBatchOptions,
  checkCallOptions,
  checkCloseOptions,
  checkEstimateOptions,
  checkSingleOptions,
  checkStreamOptions,
  checkTexts,
} from "./check-call.ts";
import { checkDeclaration, checkModelOptions } from "./check-model.ts";
import type { ElementType, EmbeddingOf } from "../contract/element-type.ts";
import { embedBatch } from "../call/embed-batch.ts";
import { embedStream } from "../call/embed-stream.ts";
import type { StreamRow } from "../call/stream-results.ts";
import type { Texts } from "../call/stream-source.ts";
import { EmbeddingBatchError } from "../contract/embedding-batch-error.ts";
import type {
  CloseOptions,
  EmbedBatchOptions,
  EmbeddedText,
  EmbeddingBatch,
  EmbeddingCapabilities,
  EmbeddingModel,
  EmbedOptions,
  EmbedStreamOptions,
  EmbedTextsOptions,
  InputType,
  SettledEmbeddingBatch,
} from "../contract/embedding-model.ts";
import { type EmbeddingLimits, limitNames } from "../contract/embedding-limits.ts";
import type { EmbeddingModelOptions } from "../contract/embedding-model-options.ts";
import type { EmbeddingProvider } from "../contract/embedding-provider.ts";
import type { Estimate, EstimateOptions } from "../contract/estimate.ts";
import { nameAlone, nameInList, type TextName } from "../contract/text-name.ts";
import { estimateCall } from "../estimate/estimate-call.ts";
import { EmbeddingCache } from "../cache/embedding-cache.ts";
import { SingleFlight } from "../cache/single-flight.ts";
import { memoryStore } from "../cache/memory-store.ts";
import type { ModelCache, ModelCall, ModelParts } from "../request/model-parts.ts";
import { managerOf, setManager } from "./model-manager.ts";
import { OpenCalls } from "./open-calls.ts";
import { openFlow } from "../request/request-flow.ts";
import { Requests } from "../request/requests.ts";
import { cutText } from "../passages/cut-text.ts";
import { TextMeasure } from "../plan/text-measure.ts";
import { withLimits } from "../support/limits.ts";

/**
 * Creates a model from a provider's declaration.
 *
 * @throws TypeError or RangeError for an invalid declaration or invalid options
 */
export function createEmbeddingModel<E extends ElementType = "float">(
  provider: EmbeddingProvider<E>,
  options: EmbeddingModelOptions = {},
): EmbeddingModel<E> {
  checkDeclaration(provider);
  checkModelOptions(provider, options);
  // Responses are checked against the element type that the provider has declared.
  return new Model(provider, options) as EmbeddingModel<ElementType> as EmbeddingModel<E>;
}

type Embedding = EmbeddingOf<ElementType>;
type BatchOptions = EmbedBatchOptions & { readonly settle?: boolean | undefined };

class Model implements EmbeddingModel<ElementType> {
  readonly provider: string;
  readonly model: string;
  readonly elementType: ElementType;
  readonly limits: EmbeddingLimits;
  readonly countTokens: ((text: string) => number) | undefined;
  readonly capabilities: EmbeddingCapabilities;
  readonly #parts: ModelParts;
  readonly #calls: OpenCalls;
  readonly #streams: OpenCalls;
  readonly #closing: Closing;

  constructor(declared: EmbeddingProvider<ElementType>, options: EmbeddingModelOptions) {
    const { provider, model, elementType = "float" } = declared;
    this.provider = provider;
    this.model = model;
    this.elementType = elementType;
    this.capabilities = {
      dimensions: [],
      inputTypes: [],
      elementTypes: ["float"],
      wireFormats: ["json"],
      truncation: false,
      ...declared.capabilities,
    };
    setManager(this, options.callbackManager);
    const { allowZero = false, ownMemory = false } = options;
    const truncate = options.truncate === true;
    const { pace, workers, retry, timeout } = openFlow(declared, options);
    const limits = withLimits(declared.limits, options.limits, limitNames);
    // A request with more texts than may start in an interval could never start.
    this.limits = { ...limits, inputs: Math.min(limits.inputs, pace.mostInputs) };
    this.countTokens = options.countTokens ?? declared.countTokens;
    const measure = new TextMeasure(this.countTokens);
    const { tokens } = typeof options.truncate === "object" ? options.truncate : {};
    const cut = tokens === undefined ? undefined : (text: string) => cutText(text, tokens, measure);
    const budget = options.budget?.open(model);
    this.#parts = {
      provider,
      model,
      rules: { limits: this.limits, measure, truncate, cut },
      requests: new Requests(declared, pace, {
        truncate,
        allowZero,
        ownMemory,
        timeout,
        maxBytes: options.maxBytes,
        budget: budget && { budget, measure },
      }),
      workers,
      rate: pace.limiter,
      retry,
      cache: openCache(declared, options),
    };
    const calls = `embedding with ${provider}`;
    this.#calls = new OpenCalls(calls, () => pace.delay);
    this.#streams = new OpenCalls(calls, () => pace.delay);
    this.#closing = new Closing(`the ${provider} embedding model`, async () => {
      this.#streams.abort(this.#closedError());
      await this.#calls.idle();
      // The requests of streams that are not being read.
      await this.#parts.requests.idle();
      await declared.aclose?.();
    });
  }

  get dimensions(): number | undefined {
    return this.#parts.requests.dimensions;
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  aclose(options: CloseOptions = {}): Promise<void> {
    checkCloseOptions(options);
    const { abort = false } = options;
    const closing = this.#closing.aclose();
    if (abort) this.#calls.abort(this.#closedError());
    return closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  async getTextEmbedding(text: string, options: EmbedOptions = {}): Promise<Embedding> {
    return this.#one(text, "document", options);
  }

  async getQueryEmbedding(query: string, options: EmbedOptions = {}): Promise<Embedding> {
    return this.#one(query, "query", options);
  }

  getTextEmbeddingBatch(
    texts: readonly string[],
    options: EmbedBatchOptions & SettleOption,
  ): Promise<SettledEmbeddingBatch<ElementType>>;
  getTextEmbeddingBatch(
    texts: readonly string[],
    options?: EmbedBatchOptions & { readonly settle?: false | undefined },
  ): Promise<EmbeddingBatch<ElementType>>;
  async getTextEmbeddingBatch(
    texts: readonly string[],
    options: BatchOptions = {},
  ): Promise<SettledEmbeddingBatch<ElementType> | EmbeddingBatch<ElementType>> {
    const batch = await this.#batch(texts, options, nameInList);
    return options.settle ? batch : withoutFailures(batch);
  }

  streamTextEmbeddings(
    texts: Texts,
    options: EmbedStreamOptions & SettleOption,
  ): AsyncGenerator<StreamRow, void, undefined>;
  streamTextEmbeddings(
    texts: Texts,
    options?: EmbedStreamOptions & { readonly settle?: false | undefined },
  ): AsyncGenerator<EmbeddedText<ElementType>, void, undefined>;
  streamTextEmbeddings(
    texts: Texts,
    options: EmbedStreamOptions & { readonly settle?: boolean | undefined } = {},
  ): AsyncGenerator<StreamRow, void, undefined> {
    this.#closing.throwIfClosed();
    checkCallOptions(this, options);
    checkStreamOptions(options as object);
    checkTexts(texts);
    return this.#stream(texts, options);
  }

  async estimate(texts: readonly string[] | Texts, options: EstimateOptions = {}): Promise<Estimate> {
    this.#closing.throwIfClosed();
    checkEstimateOptions(this, options);
    checkTexts(texts);
    return estimateCall(this.#parts, texts, options);
  }

  async #one(text: string, inputType: InputType, options: EmbedOptions): Promise<Embedding> {
    this.#closing.throwIfClosed();
    checkSingleOptions(options);
    try {
      const name = nameAlone(inputType);
      const { embeddings } = await this.#batch([text], { ...options, inputType }, () => name);
      return embeddings[0]!;
    } catch (error) {
      throw error instanceof EmbeddingBatchError ? error.cause : error;
    }
  }

  async #batch(
    texts: readonly string[],
    options: BatchOptions,
    nameOf: TextName,
  ): Promise<SettledEmbeddingBatch<ElementType>> {
    this.#closing.throwIfClosed();
    checkCallOptions(this, options);
    checkBatchOptions(options as object);
    const deadline = this.#calls.begin(options, options.settle);
    try {
      const call = { ...this.#callOf(options, deadline.signal), options, nameOf };
      return await embedBatch(this.#parts, texts, { ...call, isTimedOut: () => deadline.isOver });
    } finally {
      this.#calls.end(deadline);
    }
  }

  async *#stream(
    texts: Texts,
    options: EmbedStreamOptions & { readonly settle?: boolean | undefined },
  ): AsyncGenerator<StreamRow, void, undefined> {
    this.#closing.throwIfClosed();
    const deadline = this.#streams.begin(options);
    try {
      const call = { ...this.#callOf(options, deadline.signal), options };
      for await (const rows of embedStream(this.#parts, texts, call)) yield* rows;
    } finally {
      this.#streams.end(deadline);
    }
  }

  #closedError(): Error {
    return new Error(`the ${this.provider} embedding model was closed`);
  }

  #callOf(options: EmbedTextsOptions, signal: AbortSignal): ModelCall {
    const manager = managerOf(this, options);
    return { options, inputType: options.inputType ?? "document", manager, signal };
  }
}

function openCache(
  { provider, model, variant, elementType = "float", dimensions }: EmbeddingProvider<ElementType>,
  { cache, truncate, allowZero = false }: EmbeddingModelOptions,
): ModelCache | undefined {
  if (!cache) return undefined;
  const identity = { provider, model, variant, elementType, dimensions, truncate: truncate === true };
  const options = cache === true ? memoryStore() : cacheOptions(cache);
  return { store: new EmbeddingCache(identity, options, allowZero), singleFlight: new SingleFlight() };
}

function withoutFailures({
  embeddings,
  usage,
  model,
  requestIds,
  truncated,
}: SettledEmbeddingBatch<ElementType>): EmbeddingBatch<ElementType> {
  return { embeddings: embeddings as Embedding[], usage, model, requestIds, truncated };
}
