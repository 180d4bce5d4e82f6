import { Closing, mapJobs } from "@llx/async";
import { CallbackManager, currentCallbackManager, type Usage } from "@llx/callbacks";
import { planBatches } from "./batch-plan.ts";
import type {
  EmbedBatchOptions,
  EmbedOptions,
  Embedding,
  EmbeddingBatch,
  EmbeddingModel,
  InputType,
} from "./embedding-model.ts";
import type { EmbeddingModelOptions, EmbeddingProvider } from "./embedding-provider.ts";
import { placeEmbeddings } from "./place-embeddings.ts";

/** Makes a model out of what a provider says of itself. */
export function createEmbeddingModel(
  provider: EmbeddingProvider,
  options: EmbeddingModelOptions = {},
): EmbeddingModel {
  return new Engine(provider, options);
}

/** Serves those to whom nobody listens. */
const silent = new CallbackManager();

class Engine implements EmbeddingModel {
  readonly provider: string;
  readonly model: string;
  readonly limits: EmbeddingProvider["limits"];
  readonly #declared: EmbeddingProvider;
  readonly #options: EmbeddingModelOptions;
  readonly #closing: Closing;

  constructor(provider: EmbeddingProvider, options: EmbeddingModelOptions) {
    this.provider = provider.provider;
    this.model = provider.model;
    this.limits = provider.limits;
    this.#declared = provider;
    this.#options = options;
    this.#closing = new Closing(`the ${provider.provider} embedding model`, () => provider.aclose?.());
  }

  get dimensions(): number | undefined {
    return this.#declared.dimensions;
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

  async getTextEmbedding(text: string, options: EmbedOptions = {}): Promise<Embedding> {
    return (await this.#embed([text], "document", options)).embeddings[0]!;
  }

  async getQueryEmbedding(query: string, options: EmbedOptions = {}): Promise<Embedding> {
    return (await this.#embed([query], "query", options)).embeddings[0]!;
  }

  getTextEmbeddingBatch(texts: readonly string[], options: EmbedBatchOptions = {}): Promise<EmbeddingBatch> {
    return this.#embed(texts, "document", options);
  }

  async #embed(
    texts: readonly string[],
    inputType: InputType,
    options: EmbedBatchOptions,
  ): Promise<EmbeddingBatch> {
    this.#closing.throwIfClosed();
    const { batches, places } = planBatches(texts, this.limits);
    if (batches.length === 0) return { embeddings: [], usage: undefined, model: undefined, requestIds: [] };
    const manager =
      options.callbackManager ?? this.#options.callbackManager ?? currentCallbackManager() ?? silent;
    const facts = { provider: this.provider, model: this.model, inputType };
    return manager.event("embed_texts", { ...facts, count: texts.length }, async (event) => {
      const answers = await mapJobs(
        batches,
        (batch, { signal, attempt }) => this.#request(batch, inputType, manager, signal, attempt),
        {
          workers: options.workers ?? this.#options.workers,
          signal: options.signal,
          showProgress: options.showProgress,
          desc: `embedding with ${this.provider}, requests`,
          callbackManager: manager,
        },
      );
      const unique = answers.flatMap(({ embeddings }) => embeddings);
      const usage = addUsage(answers.map((answer) => answer.usage));
      event.set({ count: texts.length, dimensions: unique[0]!.length, requests: answers.length, usage });
      return {
        embeddings: places.map((place) => unique[place]!),
        usage,
        model: answers.find(({ model }) => model !== undefined)?.model,
        requestIds: answers.map(({ requestId }) => requestId).filter((id) => id !== undefined),
      };
    });
  }

  #request(
    texts: readonly string[],
    inputType: InputType,
    manager: CallbackManager,
    signal: AbortSignal,
    attempt: number,
  ): Promise<Answer> {
    const payload = {
      provider: this.provider,
      model: this.model,
      inputType,
      attempt,
      count: texts.length,
      characters: texts.reduce((sum, text) => sum + text.length, 0),
      content: () => ({ texts }),
    };
    return manager.event(
      "embedding",
      payload,
      async (event) => {
        const response = await this.#declared.embed({ texts, inputType }, { signal });
        const embeddings = placeEmbeddings(response.embeddings, texts.length, this);
        const { usage, model, requestId } = response;
        event.set({
          count: embeddings.length,
          dimensions: embeddings[0]!.length,
          usage,
          requestId,
          model,
          content: () => ({ vectors: embeddings }),
        });
        return { embeddings, usage, model, requestId };
      },
      { signal },
    );
  }
}

interface Answer {
  readonly embeddings: readonly Embedding[];
  readonly usage: Usage | undefined;
  readonly model: string | undefined;
  readonly requestId: string | undefined;
}

/** The sum, as far as every request told: what one leaves out is unknown, not 0. */
function addUsage(usages: readonly (Usage | undefined)[]): Usage | undefined {
  const sum = (key: keyof Usage): number | undefined =>
    usages.reduce<number | undefined>((total, usage) => {
      const value = usage?.[key];
      return total === undefined || value === undefined ? undefined : total + value;
    }, 0);
  const usage: Usage = {
    inputTokens: sum("inputTokens"),
    outputTokens: sum("outputTokens"),
    totalTokens: sum("totalTokens"),
  };
  return Object.values(usage).some((value) => value !== undefined) ? usage : undefined;
}
