import type { ElementType } from "./element-type.ts";
import type { EmbeddingFailure, SettledEmbeddingBatch } from "./embedding-model.ts";

const mark = Symbol.for("@llx/embeddings/EmbeddingBatchError");

/**
 * A call was stopped by the failure of a request. Nothing that was embedded is lost: it is in `partial`. The failure
 * itself is the `cause`.
 */
export class EmbeddingBatchError extends Error {
  override readonly name = "EmbeddingBatchError";
  /** The texts that have no embedding, by index, and why. They are not shown when the error is printed. */
  declare readonly failed: readonly EmbeddingFailure[];
  /** That of the cause, for who tries again. */
  readonly retryable: boolean | undefined;
  /** That of the cause: how long the service asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined;
  /** What was embedded. It is not shown when the error is printed. */
  declare readonly partial: SettledEmbeddingBatch<ElementType>;

  constructor(cause: unknown, partial: SettledEmbeddingBatch<ElementType>) {
    const { failed, embeddings } = partial;
    const said = cause instanceof Error ? cause.message : String(cause);
    const first = failed.find(({ error }) => error === cause) ?? failed[0];
    super(
      `${said}; so ${failed.length} of ${embeddings.length} texts have no embedding (see failed), beginning with ` +
        `texts[${first?.index}]. The others are in partial; settle: true goes on after a failure`,
      { cause },
    );
    this.retryable = property(cause, "retryable", "boolean");
    this.retryAfter = property(cause, "retryAfter", "number");
    // Printed, they would push the message off the screen.
    Object.defineProperties(this, {
      failed: { value: failed },
      partial: { value: partial },
      [mark]: { value: true },
    });
  }

  /** Also recognises the errors of another copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && mark in value;
  }
}

function property(error: unknown, name: string, type: "boolean"): boolean | undefined;
function property(error: unknown, name: string, type: "number"): number | undefined;
function property(error: unknown, name: string, type: string): unknown {
  const value: unknown = typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === type ? value : undefined;
}
