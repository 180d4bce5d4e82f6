import type { DeadlineSignal } from "../request/deadline-signal.ts";
import type { ElementType, EmbeddingOf } from "../contract/element-type.ts";
import { EmbeddingBatchError } from "../contract/embedding-batch-error.ts";
import type { EmbeddingModel, EmbedOptions, EmbedTextsOptions } from "../contract/embedding-model.ts";
import { callDeadline } from "../model/open-calls.ts";

interface Caller<E extends ElementType> {
  readonly text: string;
  readonly stop: DeadlineSignal;
  readonly answer: PromiseWithResolvers<EmbeddingOf<E>>;
}

/** Single texts that become one request. */
export class CoalescedGroup<E extends ElementType> {
  readonly #model: EmbeddingModel<E>;
  readonly #options: EmbedTextsOptions;
  readonly #onSent: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #abort = new AbortController();
  readonly #callers: Caller<E>[] = [];
  #waiting = 0;
  #isSent = false;

  /**
   * @param window milliseconds from now until it is sent by itself
   * @param onSent is called when it takes no more texts
   */
  constructor(model: EmbeddingModel<E>, options: EmbedTextsOptions, window: number, onSent: () => void) {
    this.#model = model;
    this.#options = options;
    this.#onSent = onSent;
    this.#timer = setTimeout(() => this.send(), window);
  }

  get size(): number {
    return this.#callers.length;
  }

  add(text: string, options: EmbedOptions): Promise<EmbeddingOf<E>> {
    const stop = callDeadline(this.#model.provider, options);
    const caller = { text, stop, answer: Promise.withResolvers<EmbeddingOf<E>>() };
    this.#callers.push(caller);
    this.#waiting++;
    stop.signal.addEventListener("abort", () => this.#leave(caller), { once: true });
    return caller.answer.promise;
  }

  /** Sends what is there. Those who come later begin another group. */
  send(): void {
    if (this.#isSent) return;
    this.#isSent = true;
    clearTimeout(this.#timer);
    this.#onSent();
    const callers = this.#callers.filter(({ stop }) => !stop.signal.aborted);
    if (callers.length > 0) void this.#embed(callers);
  }

  async #embed(callers: readonly Caller<E>[]): Promise<void> {
    const texts = callers.map(({ text }) => text);
    const signal = this.#abort.signal;
    try {
      const { embeddings, failed } = await this.#model.getTextEmbeddingBatch(texts, {
        ...this.#options,
        signal,
        settle: true,
      });
      for (const [at, { answer }] of callers.entries()) {
        const embedding = embeddings[at];
        if (embedding !== undefined) answer.resolve(embedding);
      }
      for (const { index, error } of failed) callers[index]!.answer.reject(error);
    } catch (error) {
      for (const { answer } of callers) {
        answer.reject(error instanceof EmbeddingBatchError ? error.cause : error);
      }
    } finally {
      for (const { stop } of callers) stop[Symbol.dispose]();
    }
  }

  /** The others go on; a request that nobody waits for is aborted. */
  #leave({ stop, answer }: Caller<E>): void {
    answer.reject(stop.signal.reason);
    stop[Symbol.dispose]();
    if (--this.#waiting === 0) {
      this.#abort.abort(stop.signal.reason);
      this.send();
    }
  }
}
