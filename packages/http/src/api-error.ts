/** What is known of a request that failed. Never the key, never what was sent. */
export interface ApiErrorDetails {
  readonly provider: string;
  /** HTTP status; absent where there was no answer. */
  readonly status?: number | undefined;
  /** The service's own id of the request, for its support. */
  readonly requestId?: string | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/** A call of an API failed. Its subclasses tell how. */
export class ApiError extends Error {
  override readonly name: string = "ApiError";
  readonly provider: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;

  constructor(message: string, details: ApiErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.provider = details.provider;
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryable = details.retryable;
    this.retryAfter = details.retryAfter;
  }
}

/** The service refused the request as it was: 400, 413, 422 and the like. */
export class BadRequestError extends ApiError {
  override readonly name = "BadRequestError";
}

/** The key is missing or wrong: 401. */
export class AuthenticationError extends ApiError {
  override readonly name = "AuthenticationError";
}

/** The key is good and not allowed this, or the account is not paid for: 402, 403. */
export class PermissionError extends ApiError {
  override readonly name = "PermissionError";
}

/** No such address or model: 404, 405. */
export class NotFoundError extends ApiError {
  override readonly name = "NotFoundError";
}

/** Too many requests: 429. */
export class RateLimitError extends ApiError {
  override readonly name = "RateLimitError";
}

/** The service failed: 500 and above. */
export class ServerError extends ApiError {
  override readonly name = "ServerError";
}

/** No connection, or it broke. */
export class ConnectionError extends ApiError {
  override readonly name = "ConnectionError";
}

/** The answer was not there in time, its body included. */
export class ApiTimeoutError extends ApiError {
  override readonly name = "ApiTimeoutError";
}

/** The answer is not what the service promises. */
export class MalformedResponseError extends ApiError {
  override readonly name = "MalformedResponseError";
}

/** The class of error for an HTTP status, and whether the same request may succeed later. */
export function errorForStatus(
  message: string,
  status: number,
  details: Omit<ApiErrorDetails, "retryable">,
): ApiError {
  const retryable = status === 408 || status === 409 || status === 429 || status >= 500;
  return new (classForStatus(status))(message, { ...details, status, retryable });
}

function classForStatus(status: number): typeof ApiError {
  if (status >= 500) return ServerError;
  switch (status) {
    case 401:
      return AuthenticationError;
    case 402:
    case 403:
      return PermissionError;
    case 404:
    case 405:
      return NotFoundError;
    case 429:
      return RateLimitError;
    default:
      return BadRequestError;
  }
}
