import type { ObservedRates } from "@llx/async";

/** What an answer says before its body. */
export interface ResponseHead {
  readonly status: number;
  /** The service's own id of the request: `x-request-id`, else `request-id`. */
  readonly requestId: string | undefined;
  /** What the service tells of its limits, as `RateLimiter.observe` takes it. */
  readonly rateLimits: ObservedRates | undefined;
  /** A header's value, the name in any case of letters; the first value where there are several. */
  header(name: string): string | undefined;
}

/** A good answer, with its body parsed. */
export interface JsonResponse extends ResponseHead {
  readonly body: unknown;
}

/** A good answer, with its body as bytes. */
export interface BytesResponse extends ResponseHead {
  readonly bytes: Uint8Array;
}

/** A good answer, with its body as it arrives. */
export interface StreamResponse extends ResponseHead {
  /** Read it to its end, or cancel it: else its connection stays taken, and the client's `aclose()` waits. */
  readonly body: ReadableStream<Uint8Array>;
}
