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
export { endpointUrl } from "./endpoint-url.ts";
export { HttpClient } from "./http-client.ts";
export type {
  HeadersGiven,
  HttpClientOptions,
  JsonPostOptions,
  PostOptions,
  RequestToSign,
  SignRequest,
} from "./http-options.ts";
export { mergeHeaders } from "./read-headers.ts";
export type { BytesResponse, JsonResponse, StreamResponse } from "./response.ts";
export { checkUrl, readSetting, requireApiKey, type SettingSource } from "./settings.ts";
