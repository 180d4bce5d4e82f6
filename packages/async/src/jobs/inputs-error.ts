import { brand, describeThrown, errorProperty } from "@llx/support";
import type { Outcome } from "./outcome.ts";

/**
 * The inputs of a call with `settle: true` have failed. The jobs of those before have settled: their outcomes are in `outcomes`,
 * the failure itself is the `cause`.
 *
 * @typeParam T the result
 * @typeParam I the input
 */
export class InputsError<T = unknown, I = unknown> extends Error {
  private static readonly branded: void = /* @__PURE__ */ brand(this, "@llx/async/InputsError");

  override readonly name = "InputsError";
  /** What became of each input so far, in order. Not shown when the error is printed. */
  declare readonly outcomes: Outcome<T, I>[];

  /** Whether another attempt may succeed, from the cause. */
  readonly retryable: boolean | undefined;

  constructor(cause: unknown, outcomes: Outcome<T, I>[]) {
    super(
      `the inputs failed after ${outcomes.length} of them: ${describeThrown(cause)}; their outcomes are in outcomes`,
      { cause },
    );
    const retryable = errorProperty(cause, "retryable");
    this.retryable = typeof retryable === "boolean" ? retryable : undefined;
    Object.defineProperty(this, "outcomes", { value: outcomes });
  }
}
