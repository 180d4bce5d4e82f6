import {
  type ApiError,
  type ApiErrorDetails,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ServerError,
} from "./api-error.ts";

type StatusError = new (message: string, details: ApiErrorDetails) => ApiError;

/** The error for an HTTP status. What the service says of `retryable` counts before what the status means. */
export function errorForStatus(
  message: string,
  status: number,
  details: Omit<ApiErrorDetails, "retryable" | "status">,
  shouldRetry?: boolean,
): ApiError {
  const retryable = shouldRetry ?? (status === 408 || status === 409 || status === 429 || status >= 500);
  return new (classForStatus(status))(message, { ...details, status, retryable });
}

function classForStatus(status: number): StatusError {
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
