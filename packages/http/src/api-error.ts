import type { ObservedRates } from "@llx/async";
import { brand, isInstance } from "./brand.ts";

/** What is known of a request that failed. Never the key, never what was sent. */
export interface ApiErrorDetails {
  readonly provider: string;
  /**
   * HTTP status; absent where there was no answer. Where an answer of 200 holds an error, the code in it, if any.
   */
  readonly status?: number | undefined;
  /** The service's own id of the request, for its support. */
  readonly requestId?: string | undefined;
  /** Which attempt failed, from 1, where whoever tries again told it. */
  readonly attempt?: number | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /**
   * Whether the service has done no work, as it has too much to do: the same request succeeds later, however often
   * it was refused. Default false.
   */
  readonly refused?: boolean | undefined;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter?: number | undefined;
  /** The window of the limit that a refusal names, in milliseconds: 60,000 for "requests per minute". */
  readonly limitInterval?: number | undefined;
  /** What the service told of its limits. */
  readonly rateLimits?: ObservedRates | undefined;
  readonly cause?: unknown;
}

/**
 * A call of an API failed. Its subclasses tell how. `instanceof` also knows the errors of another copy of
 * this package.
 */
export class ApiError extends Error {
  static {
    brand(this, "ApiError");
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(this, value);
  }

  override readonly name: string = "ApiError";
  readonly provider: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly attempt: number | undefined;
  readonly retryable: boolean;
  /** Whether the service has done no work, as it has too much to do. */
  readonly refused: boolean;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined;
  /** The window of the limit that a refusal names, in milliseconds. */
  readonly limitInterval: number | undefined;
  readonly rateLimits: ObservedRates | undefined;

  constructor(message: string, details: ApiErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
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

  /** What a log needs: neither stack nor cause. */
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

/** The service refused the request as it was: 400, 413, 422 and the like, redirects too. */
export class BadRequestError extends ApiError {
  static {
    brand(this, "BadRequestError");
  }
  override readonly name = "BadRequestError";
}

/** The key is missing or wrong: 401. */
export class AuthenticationError extends ApiError {
  static {
    brand(this, "AuthenticationError");
  }
  override readonly name = "AuthenticationError";
}

/** The key is good and not allowed this, or the account is not paid for: 402, 403. */
export class PermissionError extends ApiError {
  static {
    brand(this, "PermissionError");
  }
  override readonly name = "PermissionError";
}

/** No such address or model: 404, 405. */
export class NotFoundError extends ApiError {
  static {
    brand(this, "NotFoundError");
  }
  override readonly name = "NotFoundError";
}

/** Too many requests, or no quota left (then it is not retryable): 429. */
export class RateLimitError extends ApiError {
  static {
    brand(this, "RateLimitError");
  }
  override readonly name = "RateLimitError";
}

/** The service failed: 500 and above, and 424, by which it tells that its backend did. */
export class ServerError extends ApiError {
  static {
    brand(this, "ServerError");
  }
  override readonly name = "ServerError";
}

/** No connection, or it broke. */
export class ConnectionError extends ApiError {
  static {
    brand(this, "ConnectionError");
  }
  override readonly name = "ConnectionError";
}

/** The answer was not there in time, its body included. */
export class ApiTimeoutError extends ApiError {
  static {
    brand(this, "ApiTimeoutError");
  }
  override readonly name = "ApiTimeoutError";
}

/** The answer is not what the service promises, cannot be read, or has more bytes than allowed. */
export class MalformedResponseError extends ApiError {
  static {
    brand(this, "MalformedResponseError");
  }
  override readonly name = "MalformedResponseError";
}
