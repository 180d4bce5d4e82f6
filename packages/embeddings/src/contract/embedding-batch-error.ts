import { brand, describeThrown, errorProperty, statusOf } from "@llx/support";
import type { ElementType } from "./element-type.ts";
import type { EmbeddingFailure, SettledEmbeddingBatch } from "./embedding-model.ts";
import { nameInList } from "./text-name.ts";

/** Statuses with which services refuse a request that is too large, among others. */
const ofRequests = new Set([400, 413, 422]);

/**
 * A failed request has stopped a call. The embeddings so far are in `partial`, the failure itself is the `cause`.
 */
export class EmbeddingBatchError extends Error {
  static {
    brand(this, "@llx/embeddings/EmbeddingBatchError");
  }

  override readonly name = "EmbeddingBatchError";
  /** The texts without an embedding, by index, and why. Not shown when the error is printed. */
  declare readonly failed: readonly EmbeddingFailure[];
  /** Whether another attempt may succeed, from the cause. */
  readonly retryable: boolean | undefined;
  /** How long the service asks to wait, in milliseconds, from the cause. */
  readonly retryAfter: number | undefined;
  /** The embeddings so far. Not shown when the error is printed. */
  declare readonly partial: SettledEmbeddingBatch<ElementType>;

  constructor(cause: unknown, partial: SettledEmbeddingBatch<ElementType>) {
    const { failed, embeddings } = partial;
    const said = errorProperty(cause, "message");
    const message = typeof said === "string" ? said : describeThrown(cause);
    const first = failed.find(({ error }) => error === cause) ?? failed[0];
    const last = failed.findLast(({ error }) => error === first?.error);
    const [from, to] = [first, last].map((each) => nameInList(each?.index ?? 0));
    super(
      `${message}; ${failed.length} of ${embeddings.length} ${embeddings.length === 1 ? "text" : "texts"} ` +
        `${failed.length === 1 ? "has" : "have"} no embedding (see failed; the first to fail ` +
        `${from === to ? `was ${from}` : `were those from ${from} to ${to}`})` +
        `${failed.length < embeddings.length ? ". The others are in partial" : ""}; ` +
        `settle: true continues after a failure` +
        (from !== to && ofRequests.has(statusOf(cause) ?? 0)
          ? ", and limits: { inputs } sends fewer texts in a request"
          : ""),
      { cause },
    );
    const retryable = errorProperty(cause, "retryable");
    const retryAfter = errorProperty(cause, "retryAfter");
    this.retryable = typeof retryable === "boolean" ? retryable : undefined;
    this.retryAfter = typeof retryAfter === "number" ? retryAfter : undefined;
    // Printed, they would push the message off the screen.
    Object.defineProperties(this, { failed: { value: failed }, partial: { value: partial } });
  }
}
