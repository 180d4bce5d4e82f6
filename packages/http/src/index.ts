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
export { HttpClient } from "./http-client.ts";
export type { HttpClientOptions, JsonPostOptions, PostOptions } from "./http-options.ts";
export type { BytesResponse, JsonResponse, StreamResponse } from "./response.ts";
export { checkUrl, readSetting, requireApiKey, type SettingSource } from "./settings.ts";
