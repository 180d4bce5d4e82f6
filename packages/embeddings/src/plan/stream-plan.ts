import { BatchPile, type TextBatch } from "./batch-builder.ts";
import type { AnyEmbedding } from "../contract/element-type.ts";
import { checkIsString, checkText, type TextRules } from "./check-text.ts";

/** One text of a stream. */
export interface StreamedText {
  readonly index: number;
  readonly text: string;
  /** Its place among the texts of the request; its embedding, where that is in the cache; or why it is not sent. */
  readonly place: number | AnyEmbedding | RangeError;
}

/** One request, and the texts of the stream that it serves. */
export interface StreamBatch extends TextBatch {
  readonly inputs: readonly StreamedText[];
}

/** So many times the texts that a request takes may wait for it, where most are equal or in the cache. */
const mostWaiting = 4;

/** Cuts a stream of texts into requests. Equal texts are sent once within a request. */
export class StreamPlan {
  readonly #rules: TextRules;
  readonly #settle: boolean;
  readonly #pile: BatchPile;
  #places = new Map<string, number>();
  #inputs: StreamedText[] = [];
  #index = 0;

  /** @param settle whether a text that cannot be sent is taken along, with its error */
  constructor(rules: TextRules, settle: boolean) {
    this.#rules = rules;
    this.#settle = settle;
    this.#pile = new BatchPile(rules.limits);
  }

  get isEmpty(): boolean {
    return this.#inputs.length === 0;
  }

  get isFull(): boolean {
    return this.#pile.isFull || this.#inputs.length >= mostWaiting * this.#rules.limits.inputs;
  }

  /**
   * Takes the next text.
   *
   * @param cached its embedding, where there is no need to send it
   * @returns a request that it did not fit into
   * @throws TypeError for what is no string; RangeError for a text that cannot be sent, unless `settle`
   */
  push(text: unknown, cached?: AnyEmbedding): StreamBatch | undefined {
    const index = this.#index++;
    checkIsString(text, index);
    let place: StreamedText["place"] | undefined = cached ?? this.#places.get(text);
    let finished: StreamBatch | undefined;
    if (place === undefined) {
      const size = checkText(text, index, this.#rules);
      if (size instanceof RangeError) {
        if (!this.#settle) throw size;
        place = size;
      } else {
        if (!this.#pile.fits(size)) finished = this.take();
        place = this.#pile.size;
        this.#places.set(text, place);
        this.#pile.add(text, size);
      }
    }
    this.#inputs.push({ index, text, place });
    return finished;
  }

  take(): StreamBatch {
    const batch = { ...this.#pile.take(), inputs: this.#inputs };
    this.#inputs = [];
    this.#places = new Map();
    return batch;
  }
}
