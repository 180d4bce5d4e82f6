import type { Buffer } from "node:buffer";
import { errorFacts } from "./error-facts.ts";
import { parseBody } from "./whole-body.ts";

/** What may stand beside an error as a list and is no data. */
const beside = /error|detail|message|warning|log/i;

/**
 * Whether an answer of 2xx is an error: what stands under `error` says something, or the answer says so itself, and there
 * is no data beside it. Servers that have begun to answer, and gateways, send errors with 200.
 */
export function holdsError(body: unknown): body is object {
  if (typeof body !== "object" || body === null) return false;
  // Google's form of a list of answers.
  if (Array.isArray(body)) return body.length === 1 && !Array.isArray(body[0]) && holdsError(body[0]);
  if (!("error" in body && saysSomething(body.error, body)) && !hasFailed(body)) return false;
  return !Object.entries(body).some(
    ([name, value]) => !beside.test(name) && Array.isArray(value) && value.length > 0,
  );
}

/** `{ success: false, errors: [] }` of Cloudflare, `{ status: "error", message }`, `{ code: 404, message, data: null }`. */
function hasFailed(body: { readonly success?: unknown; readonly status?: unknown }): boolean {
  // Good answers are large, and have no such words.
  if (!["message", "msg", "detail", "errors"].some((name) => name in body)) return false;
  return body.success === false || body.status === "error" || errorFacts(body).code !== undefined;
}

function saysSomething(error: unknown, body: object): boolean {
  if (typeof error === "string") return error.trim() !== "";
  // Words stand beside it.
  if (error === true) return "message" in body || "detail" in body || "errors" in body;
  if (typeof error !== "object" || error === null) return false;
  return Object.values(error).some(
    (value) => value !== null && value !== "" && value !== false && value !== 0,
  );
}

/** The most that is read a second time. */
const longest = 64 * 1024;

/** The error that an answer holds of which somebody could not read the rest. */
export function heldBy(bytes: Buffer): object | undefined {
  const json = bytes.length <= longest ? parseBody(bytes) : undefined;
  return holdsError(json) ? json : undefined;
}
