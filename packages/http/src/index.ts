// The whole public surface. An addition needs a reason.
export {
  ApiError,
  type ApiErrorDetails,
  ApiTimeoutError,
  AuthenticationError,
  BadRequestError,
  ConnectionError,
  MalformedResponseError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ServerError,
} from "./api-error.ts";
export { HttpClient, type HttpClientOptions, type JsonResponse, type PostOptions } from "./http-client.ts";
export { checkUrl, readSetting, requireApiKey, type SettingSource } from "./settings.ts";
