import { brand } from "@llx/support";

/** A response is invalid: using it would rank the wrong texts, or lose some. */
export class RerankResponseError extends Error {
  static {
    brand(this, "@llx/embeddings/RerankResponseError");
  }

  override readonly name = "RerankResponseError";
  readonly provider: string;
  /** Whether the same request may get a valid response. */
  readonly retryable: boolean;
  /** The service's id of the request, where it returns one: state it in a report to the service. */
  readonly requestId: string | undefined;

  constructor(
    provider: string,
    problem: string,
    options: { readonly retryable: boolean; readonly requestId: string | undefined },
  ) {
    super(`${provider} returned an invalid response: ${problem}`);
    this.provider = provider;
    this.retryable = options.retryable;
    this.requestId = options.requestId;
  }
}
