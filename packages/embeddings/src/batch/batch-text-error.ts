import { brand, isTransientStatus } from "@llx/support";
import type { BatchTextFailure } from "./batch-provider.ts";

/** A service has not embedded a text of a batch. */
export class BatchTextError extends Error {
  private static readonly branded: void = /* @__PURE__ */ brand(this, "@llx/embeddings/BatchTextError");

  override readonly name = "BatchTextError";
  readonly provider: string;
  /** What the service calls the problem, such as `batch_expired`. */
  readonly code: string | undefined;
  /** The HTTP status of the text's request, if it was made. */
  readonly status: number | undefined;
  /** Whether the text may succeed in another batch. */
  readonly retryable: boolean;

  /** @param shown the service's message without anything secret; empty if there is none */
  constructor(provider: string, id: string, failure: BatchTextFailure, shown: string) {
    const code =
      typeof failure.code === "string" && /^[\w.-]{1,64}$/.test(failure.code) ? failure.code : undefined;
    const status = Number.isSafeInteger(failure.status) ? (failure.status as number) : undefined;
    const facts = [status, code].filter((fact) => fact !== undefined).join(", ");
    super(`${provider} did not embed the text ${id}${facts && ` (${facts})`}` + (shown && `: ${shown}`));
    this.provider = provider;
    this.code = code;
    this.status = status;
    this.retryable = failure.retryable ?? (status !== undefined && isTransientStatus(status));
  }
}
