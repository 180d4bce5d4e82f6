import type { Buffer } from "node:buffer";
import { errorFacts } from "@llx/support";
import { parseBody } from "./whole-body.ts";

/** Members that may be lists next to an error without being data. */
const notData = /error|detail|message|warning|log/i;

/**
 * Whether a 2xx response is an error: its `error` is not empty, or it states that it failed, and there is no
 * data next to it. Gateways, and servers that had already begun their response, send errors with 200.
 */
export function holdsError(body: unknown): body is object {
  if (typeof body !== "object" || body === null) return false;
  // Google wraps an error in a list.
  if (Array.isArray(body)) return body.length === 1 && !Array.isArray(body[0]) && holdsError(body[0]);
  if (!("error" in body && isMeaningful(body.error, body)) && !hasFailed(body)) return false;
  return !Object.entries(body).some(
    ([name, value]) => !notData.test(name) && Array.isArray(value) && value.length > 0,
  );
}

/** `{ success: false, errors: [] }` of Cloudflare, `{ status: "error", message }`, `{ code: 404, message, data: null }`. */
function hasFailed(body: { readonly success?: unknown; readonly status?: unknown }): boolean {
  // Fast for successful responses, which are large and have no such members.
  if (!["message", "msg", "detail", "errors"].some((name) => name in body)) return false;
  return body.success === false || body.status === "error" || errorFacts(body).code !== undefined;
}

function isMeaningful(error: unknown, body: object): boolean {
  if (typeof error === "string") return error.trim() !== "";
  // The message is next to it.
  if (error === true) return "message" in body || "detail" in body || "errors" in body;
  if (typeof error !== "object" || error === null) return false;
  return Object.values(error).some(
    (value) => value !== null && value !== "" && value !== false && value !== 0,
  );
}

/** Bytes. Larger responses are not parsed a second time. */
const maxReparsed = 64 * 1024;

/** The error in a response that the caller's own parser could not read. */
export function findError(bytes: Buffer): object | undefined {
  const json = bytes.length <= maxReparsed ? parseBody(bytes) : undefined;
  return holdsError(json) ? json : undefined;
}
