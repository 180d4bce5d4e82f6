import { isObject } from "@llx/support";
import { readOpenaiResponse } from "../response/read-openai-response.ts";
import type { BatchLine } from "./batch-provider.ts";

interface Line {
  readonly custom_id?: unknown;
  readonly response?: {
    readonly status_code?: unknown;
    readonly request_id?: unknown;
    readonly body?: unknown;
  } | null;
  readonly error?: unknown;
}

interface Problem {
  readonly code?: unknown;
  readonly message?: unknown;
}

/**
 * Reads a line of results in OpenAI's form, which several services use: `{ custom_id, response: { status_code, request_id, body },
 * error }`. Any part may be missing or wrong: the engine checks it.
 */
export function readOpenaiBatchLine(line: object): BatchLine {
  const { custom_id: id, response, error } = line as Line;
  // The request was not made, as its batch has expired or was cancelled: nothing is wrong with the text.
  if (isObject(error)) {
    const { code, message } = error as Problem;
    return { id, failure: { code, message, retryable: true } };
  }
  const { status_code: status, request_id: requestId, body } = isObject(response) ? response : {};
  if (typeof status === "number" && (status < 200 || status > 299)) {
    const { code, message } = problemIn(body);
    return { id, failure: { status, code, message } };
  }
  const request = typeof requestId === "string" ? requestId : undefined;
  return { id, response: readOpenaiResponse({ body: body ?? line, requestId: request }) };
}

/** Of OpenAI within `error`, of others at the top. */
function problemIn(body: unknown): Problem {
  if (!isObject(body)) return {};
  const { error } = body as { readonly error?: unknown };
  return isObject(error) ? error : body;
}
