const mark = Symbol.for("@llx/embeddings/EmbeddingResponseError");

/** The embeddings of an answer are invalid: to use them would put vectors at the wrong texts, or wrong numbers into them. */
export class EmbeddingResponseError extends Error {
  override readonly name = "EmbeddingResponseError";
  readonly provider: string;
  /** Whether the same request may be answered rightly. */
  readonly retryable: boolean;
  /** What the service calls the request, where it says so: to be named in a report to it. */
  readonly requestId: string | undefined;

  constructor(
    provider: string,
    problem: string,
    options: { readonly retryable: boolean; readonly requestId: string | undefined },
  ) {
    super(`${provider} answered with invalid embeddings: ${problem}`);
    this.provider = provider;
    this.retryable = options.retryable;
    this.requestId = options.requestId;
    Object.defineProperty(this, mark, { value: true });
  }

  /** Also recognises the errors of another copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && mark in value;
  }
}
