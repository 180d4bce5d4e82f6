/** What goes wrong with one request, or is odd about its answer. The answer is a good one in all else. */
export type Fault = StatusFault | ConnectionFault | BodyFault | AnswerFault;

/** The service refuses, in its own form. */
interface StatusFault {
  readonly kind: "status";
  readonly status: number;
  /** Such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly message?: string | undefined;
}

/** How the answer travels. */
type ConnectionFault =
  /** It comes after so many milliseconds. */
  | { readonly kind: "delay"; readonly ms: number }
  /** It comes when the promise is settled. */
  | { readonly kind: "held"; readonly until: PromiseLike<unknown> }
  /** The connection is reset: before there is any answer (the default), or in the middle of its body. */
  | { readonly kind: "reset"; readonly when?: "start" | "body" | undefined }
  /** Nothing comes; or the head of the answer and then nothing; or half of the body and then nothing. */
  | { readonly kind: "silent"; readonly after?: "request" | "headers" | "body" | undefined }
  /** Half of the body comes, and the connection ends (the default); or half of it passes for all. */
  | { readonly kind: "truncated"; readonly how?: "length" | "json" | undefined }
  /** White space comes, 64 MiB of it, and then nothing: no end either. */
  | { readonly kind: "endless" };

/** What stands where the answer should be. */
type BodyFault =
  /** The page of a gateway. Default status 200. */
  | { readonly kind: "html"; readonly status?: number | undefined }
  | { readonly kind: "notJson" }
  | { readonly kind: "empty" }
  /** JSON, but another. Default `{}`, with status 200. */
  | { readonly kind: "otherShape"; readonly body?: unknown; readonly status?: number | undefined }
  /** An error whose message is the whole request, with its key and its texts. Default status 400. */
  | { readonly kind: "echo"; readonly status?: number | undefined };

/** What is odd about the answer itself. */
type AnswerFault =
  /** The vectors come in another order, each with its right index. */
  | { readonly kind: "shuffled" }
  | { readonly kind: "missing" }
  /** One vector too many, with an index that no text has. */
  | { readonly kind: "extra" }
  /** Two vectors have the same index. */
  | { readonly kind: "duplicate" }
  | { readonly kind: "outOfRange" }
  /** An index is no number. */
  | { readonly kind: "badIndex" }
  /**
   * The indexes are left out where they are 0, or all of them; or they are strings, in another order; or all are 0; or they
   * count from 1.
   */
  | { readonly kind: "indexes"; readonly how: "noZero" | "none" | "strings" | "zeros" | "fromOne" }
  /** A number of the last vector is none: too large for a double (the default), `null`, or a bare `NaN`. */
  | { readonly kind: "notFinite"; readonly value?: "1e999" | "null" | "NaN" | undefined }
  /** All vectors (the default), or one, have so many dimensions. Default: 8 too many. */
  | {
      readonly kind: "wrongDimension";
      readonly which?: "all" | "one" | undefined;
      readonly dimensions?: number | undefined;
    }
  /** Vectors come as base64, whatever was asked for. */
  | { readonly kind: "base64" }
  /** Vectors come as arrays, whatever was asked for. */
  | { readonly kind: "notBase64" }
  /** A vector comes as base64 of a wrong length (the default), or with characters that are none. */
  | { readonly kind: "badBase64"; readonly how?: "length" | "characters" | undefined }
  /** The member `usage` is left out. */
  | { readonly kind: "noUsage" }
  /** A good answer with these headers as well, such as rate limits. */
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string>> };

/** What becomes of one request; `undefined` and `"none"`: a good answer. */
export type PlannedFault = Fault | "none" | undefined;
