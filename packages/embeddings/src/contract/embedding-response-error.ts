import { brand } from "@llx/support";

/** A response is invalid: using it would assign vectors to the wrong texts, or use wrong numbers. */
export class EmbeddingResponseError extends Error {
  static {
    brand(this, "@llx/embeddings/EmbeddingResponseError");
  }

  override readonly name = "EmbeddingResponseError";
  readonly provider: string;
  /** Whether the same request may get a valid response. */
  readonly retryable: boolean;
  /** The service's id of the request, where it returns one: state it in a report to the service. */
  readonly requestId: string | undefined;

  /** Whether one text is the cause: a request without it may succeed. */
  readonly ofText: boolean;

  constructor(
    provider: string,
    problem: string,
    options: {
      readonly retryable: boolean;
      readonly requestId: string | undefined;
      readonly ofText?: boolean | undefined;
    },
  ) {
    super(`${provider} returned an invalid response: ${problem}`);
    this.provider = provider;
    this.retryable = options.retryable;
    this.requestId = options.requestId;
    this.ofText = options.ofText ?? false;
  }
}
