// What is sent back; and for what has failed, which status.
import { EmbeddingBatchError } from "@llx/embeddings";

/** What is sent back, as JSON. */
export interface ServiceReply {
  readonly status: number;
  readonly body:
    | { readonly passage: string }
    | { readonly vector: readonly number[] }
    | { readonly error: string };
  readonly headers?: Readonly<Record<string, string>>;
}

/** The reply where too many requests are in progress. */
export const busyReply: ServiceReply = {
  status: 503,
  body: { error: "too many requests are in progress" },
  headers: { "retry-after": "1" },
};

/** The fields by which the errors of a model can be told apart, whatever its service. */
interface ModelError {
  /** The HTTP status of the model's service, if it has answered. */
  readonly status?: number;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter?: number;
  /** Of a `RefusedError`, and of a `TimeoutError` while the service refuses: its last refusal. */
  readonly cause?: { readonly retryAfter?: number };
}

/** The reply for an error of the model. None of its messages shows a text or a key. */
export function failureReply(error: unknown): ServiceReply {
  // Of several texts: which one has failed, and what is embedded. The cause says why.
  if (error instanceof EmbeddingBatchError) return failureReply(error.cause);
  // By the model, before it sends anything: the text is too long, or cut within a character. The message says which.
  if (error instanceof RangeError) return { status: 400, body: { error: error.message } };
  const { status, retryAfter, cause } = Object(error) as ModelError;
  // By its service. What differs from request to request is the text.
  if (status === 413) return { status, body: { error: "the text is too long" } };
  if (status === 400 || status === 422) return { status: 400, body: { error: "the text is not accepted" } };
  // A rate limit of 429 is that of this service's own account. Its client has not sent too much: so 503, not 429.
  const wait = retryAfter ?? cause?.retryAfter;
  const headers: Record<string, string> = {};
  if (wait !== undefined) headers["retry-after"] = String(Math.ceil(wait / 1000));
  return { status: 503, body: { error: "the service is not available" }, headers };
}
