import type { StreamBatch } from "../plan/stream-plan.ts";
import type { ElementType } from "../contract/element-type.ts";
import type { EmbeddedText, FailedText } from "../contract/embedding-model.ts";
import type { Outcomes } from "./embed-in-parts.ts";
import { OwnVectors } from "./own-vectors.ts";
import { UsageSum } from "./usage-sum.ts";

/** What a stream yields for a text. */
export type StreamRow = EmbeddedText<ElementType> | FailedText;

/** Turns the outcomes of requests into rows, and counts what the event of the call reports. */
export class StreamResults {
  readonly usage: UsageSum = new UsageSum();
  requests = 0;
  /** Texts that were cut before they were sent. */
  truncated = 0;
  /** Texts with an embedding. */
  #count = 0;
  #cached = 0;
  /** Of the batch whose rows are being yielded. */
  #own = new OwnVectors();

  /** For the event of the call. */
  get facts() {
    const { requests, usage, truncated } = this;
    return {
      count: this.#count,
      requests,
      usage: usage.usage,
      ...(this.#cached > 0 && { cached: this.#cached }),
      ...(truncated > 0 && { truncated }),
    };
  }

  /**
   * The rows of a batch, or of a part of it.
   *
   * @param outcomes `undefined` if the batch had no text to send
   */
  rowsOf({ inputs }: StreamBatch, outcomes: Outcomes | undefined, from = 0, to = inputs.length): StreamRow[] {
    if (from === 0) this.#own = new OwnVectors();
    return inputs.slice(from, to).map(({ index, text, position, cached, error }) => {
      if (cached !== undefined) {
        this.#count++;
        this.#cached++;
        return { index, text, embedding: cached };
      }
      if (position === undefined) return { index, text, error };
      const embedding = outcomes?.embeddings[position];
      if (embedding === undefined) return { index, text, error: outcomes?.errors?.[position] };
      this.#count++;
      return { index, text, embedding: this.#own.take(position, embedding) };
    });
  }
}
