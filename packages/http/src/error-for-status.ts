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

/** The class of error for an HTTP status. */
export function classForStatus(status: number): StatusError {
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
    case 424:
      return ServerError;
    case 429:
      return RateLimitError;
    default:
      return BadRequestError;
  }
}
