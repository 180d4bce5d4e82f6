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

/**
 * The class of error for an HTTP status.
 *
 * @param marks codes and reasons in the body
 */
export function classForStatus(status: number, marks: string): StatusError {
  if (status >= 500) return ServerError;
  switch (status) {
    case 400:
      // Google's status for a wrong key.
      return /^API_KEY_INVALID$/m.test(marks) ? AuthenticationError : BadRequestError;
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
