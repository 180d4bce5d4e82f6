import type { ObservedRates } from "@llx/async";

/** What a response states before its body. */
export interface ResponseHead {
  readonly status: number;
  /**
   * The service's own id of the request: `x-request-id`, otherwise `request-id` or `x-amzn-requestid`; or the header
   * that the client's `requestIdHeader` names.
   */
  readonly requestId: string | undefined;
  /** What the service reports about its rate limits, as `RateLimiter.observe` accepts it. */
  readonly rateLimits: ObservedRates | undefined;
  /** The value of a header, whose name is not case-sensitive; the first value where there are several. */
  header(name: string): string | undefined;
}

/** A successful response with its body parsed. */
export interface JsonResponse extends ResponseHead {
  readonly body: unknown;
}

/** A successful response with its body as bytes. */
export interface BytesResponse extends ResponseHead {
  readonly bytes: Uint8Array;
}

/** A successful response with its body as it arrives. */
export interface StreamResponse extends ResponseHead {
  /** Read it to its end or cancel it: otherwise its connection stays in use, and the client's `aclose()` waits. */
  readonly body: ReadableStream<Uint8Array>;
}
