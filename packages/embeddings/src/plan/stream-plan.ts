import { BatchBuilder } from "./batch-builder.ts";
import type { AnyEmbedding } from "../contract/element-type.ts";
import type { TextBatch } from "../contract/text-batch.ts";
import { nameInList } from "../contract/text-name.ts";
import { checkIsString, checkText, type TextRules } from "./check-text.ts";

/** One text of a stream: sent, found in the cache, or refused. */
export interface StreamedText {
  readonly index: number;
  readonly text: string;
  /** Its position among the texts of the request, if it is sent. */
  readonly position: number | undefined;
  /** Its embedding, if that is in the cache. */
  readonly cached: AnyEmbedding | undefined;
  /** Why it is not sent. */
  readonly error: RangeError | undefined;
}

/** One request, and the texts of the stream that it serves. */
export interface StreamBatch extends TextBatch {
  readonly inputs: readonly StreamedText[];
}

/** If most texts are equal or cached, this many times the texts of a request may wait for it. */
const maxWaiting = 4;

/** Splits a stream of texts into requests. Equal texts are sent once within a request. */
export class StreamPlan {
  readonly #rules: TextRules;
  readonly #settle: boolean;
  readonly #builder: BatchBuilder;
  #positions = new Map<string, number>();
  #inputs: StreamedText[] = [];
  #index = 0;

  /** @param settle whether a text that cannot be sent stays in the stream, with its error */
  constructor(rules: TextRules, settle: boolean) {
    this.#rules = rules;
    this.#settle = settle;
    this.#builder = new BatchBuilder(rules.limits);
  }

  get isEmpty(): boolean {
    return this.#inputs.length === 0;
  }

  get isFull(): boolean {
    return this.#builder.isFull || this.#inputs.length >= maxWaiting * this.#rules.limits.inputs;
  }

  /**
   * Takes the next text.
   *
   * @param cached its embedding, if it need not be sent
   * @returns the previous request, if the text did not fit into it
   * @throws TypeError for a value that is not a string; RangeError for a text that cannot be sent, unless `settle`
   */
  push(text: unknown, cached?: AnyEmbedding): StreamBatch | undefined {
    const index = this.#index++;
    checkIsString(text, index, nameInList);
    let position = cached === undefined ? this.#positions.get(text) : undefined;
    let error: RangeError | undefined;
    let finished: StreamBatch | undefined;
    if (cached === undefined && position === undefined) {
      const size = checkText(text, index, this.#rules, nameInList);
      if (size instanceof RangeError) {
        if (!this.#settle) throw size;
        error = size;
      } else {
        if (!this.#builder.fits(size)) finished = this.take();
        position = this.#builder.size;
        this.#positions.set(text, position);
        this.#builder.add(text, size);
      }
    }
    this.#inputs.push({ index, text, position, cached, error });
    return finished;
  }

  take(): StreamBatch {
    const batch = { ...this.#builder.take(), inputs: this.#inputs };
    this.#inputs = [];
    this.#positions = new Map();
    return batch;
  }
}
