import type { ObservedRates } from "@llx/async";
import { brand } from "@llx/support";

/** What is known about a failed request. Neither the key nor what was sent is part of it. */
export interface ApiErrorDetails {
  readonly provider: string;
  /** HTTP status; absent where there was no response. Where a response of 200 contains an error, the code in it, if any. */
  readonly status?: number | undefined;
  /** The service's own id of the request, for its support team. */
  readonly requestId?: string | undefined;
  /** Which attempt failed, from 1: the `attempt` that the request was given. */
  readonly attempt?: number | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /**
   * Whether the service did no work because it is overloaded, or cannot be reached although it has responded before: the same
   * request succeeds later, however often it was refused.
   *
   * @default false
   */
  readonly refused?: boolean | undefined;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter?: number | undefined;
  /** The interval of the rate limit that was hit, in milliseconds: 60,000 for "requests per minute". */
  readonly limitInterval?: number | undefined;
  /** What the service reported about its rate limits. */
  readonly rateLimits?: ObservedRates | undefined;
  readonly cause?: unknown;
}

/**
 * A call to an API failed; the subclasses say how. `instanceof` also recognises errors of another copy of this
 * package.
 */
export class ApiError extends Error {
  static {
    brand(this, "@llx/http/ApiError");
  }

  override readonly name: string = "ApiError";
  readonly provider: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly attempt: number | undefined;
  readonly retryable: boolean;
  /** Whether the service did no work because it is overloaded, or cannot be reached although it has responded before. */
  readonly refused: boolean;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined;
  /** The interval of the rate limit that was hit, in milliseconds. */
  readonly limitInterval: number | undefined;
  readonly rateLimits: ObservedRates | undefined;

  /** @param message what failed; the number of requests is added to it, where there was more than one: refused ones count too */
  constructor(message: string, details: ApiErrorDetails) {
    const { attempt = 1 } = details;
    super(
      attempt > 1 ? `${message} (after ${attempt} requests)` : message,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.provider = details.provider;
    this.status = details.status;
    this.requestId = details.requestId;
    this.attempt = details.attempt;
    this.retryable = details.retryable;
    this.refused = details.refused ?? false;
    this.retryAfter = details.retryAfter;
    this.limitInterval = details.limitInterval;
    this.rateLimits = details.rateLimits;
  }

  /** For logs: without stack and cause. */
  toJSON(): Pick<ApiError, "name" | "message" | Exclude<keyof ApiErrorDetails, "cause" | "rateLimits">> {
    const { name, message, provider, status, requestId, attempt } = this;
    const { retryable, refused, retryAfter, limitInterval } = this;
    return {
      name,
      message,
      provider,
      status,
      requestId,
      attempt,
      retryable,
      refused,
      retryAfter,
      limitInterval,
    };
  }
}

/** The service rejected the request as invalid: 400, 413, 422 and the like, and redirects. */
export class BadRequestError extends ApiError {
  static {
    brand(this, "@llx/http/BadRequestError");
  }
  override readonly name = "BadRequestError";
}

/** The key is missing or wrong: 401, and 400 of Google. */
export class AuthenticationError extends ApiError {
  static {
    brand(this, "@llx/http/AuthenticationError");
  }
  override readonly name = "AuthenticationError";
}

/** The key is valid but lacks permission, or a payment is due: 402, 403. */
export class PermissionError extends ApiError {
  static {
    brand(this, "@llx/http/PermissionError");
  }
  override readonly name = "PermissionError";
}

/** The address or the model does not exist: 404, 405. */
export class NotFoundError extends ApiError {
  static {
    brand(this, "@llx/http/NotFoundError");
  }
  override readonly name = "NotFoundError";
}

/** Too many requests, or no quota left (then `retryable` is false): 429. */
export class RateLimitError extends ApiError {
  static {
    brand(this, "@llx/http/RateLimitError");
  }
  override readonly name = "RateLimitError";
}

/** The service failed: 500 and above, and 424, which says that its backend did. */
export class ServerError extends ApiError {
  static {
    brand(this, "@llx/http/ServerError");
  }
  override readonly name = "ServerError";
}

/** No connection could be made, or it broke. */
export class ConnectionError extends ApiError {
  static {
    brand(this, "@llx/http/ConnectionError");
  }
  override readonly name = "ConnectionError";
}

/** The response, its body included, did not arrive within `timeout`. */
export class ApiTimeoutError extends ApiError {
  static {
    brand(this, "@llx/http/ApiTimeoutError");
  }
  override readonly name = "ApiTimeoutError";
}

/** The response is not what the service promises, cannot be read, or is larger than `maxBytes`. */
export class MalformedResponseError extends ApiError {
  static {
    brand(this, "@llx/http/MalformedResponseError");
  }
  override readonly name = "MalformedResponseError";
}
