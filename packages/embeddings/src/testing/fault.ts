/** A fault of one request, or of its response, which is valid otherwise. */
export type Fault = StatusFault | ConnectionFault | BodyFault | ResponseFault;

/** The service refuses, in its own form. */
interface StatusFault {
  readonly kind: "status";
  readonly status: number;
  /** Such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly message?: string | undefined;
  /** Milliseconds that it asks to wait, stated in its own form; nothing for a service that states no wait. */
  readonly wait?: number | undefined;
}

/** How the response is transferred. */
type ConnectionFault =
  /** It arrives after this many milliseconds. */
  | { readonly kind: "delay"; readonly ms: number }
  /** It arrives when the promise is settled. */
  | { readonly kind: "held"; readonly until: PromiseLike<unknown> }
  /** The connection is reset: before the response (the default), or in the middle of its body. */
  | { readonly kind: "reset"; readonly when?: "start" | "body" | undefined }
  /** Nothing arrives; or only the headers of the response; or only half of the body. */
  | { readonly kind: "silent"; readonly after?: "request" | "headers" | "body" | undefined }
  /** Half of the body arrives, and the connection ends (the default); or half of it is sent as if it were complete. */
  | { readonly kind: "truncated"; readonly how?: "length" | "json" | undefined }
  /** 64 MiB of white space arrive, and then nothing, without an end. */
  | { readonly kind: "endless" };

/** Another body instead of the response. */
type BodyFault =
  /** The page of a gateway. Status 200 by default. */
  | { readonly kind: "html"; readonly status?: number | undefined }
  | { readonly kind: "notJson" }
  | { readonly kind: "empty" }
  /** Other JSON: `{}` with status 200 by default. */
  | { readonly kind: "otherShape"; readonly body?: unknown; readonly status?: number | undefined }
  /** An error whose message is the whole request, with its key and its texts. Status 400 by default. */
  | { readonly kind: "echo"; readonly status?: number | undefined };

/** A fault of the response itself. A reranker has results and scores in the place of vectors and their numbers. */
type ResponseFault =
  /** The vectors are in another order, each with its correct index. */
  | { readonly kind: "shuffled" }
  | { readonly kind: "missing" }
  /** One vector too many, with the index of no text. */
  | { readonly kind: "extra" }
  /** Two vectors have the same index. */
  | { readonly kind: "duplicate" }
  | { readonly kind: "outOfRange" }
  /** An index is not a number. */
  | { readonly kind: "badIndex" }
  /** The last item of the list is `null`; nothing changes where the service has no list of items. */
  | { readonly kind: "nullItem" }
  /**
   * Indexes of 0 are omitted, or all indexes are; or they are strings, in another order; or all are 0; or they
   * count from 1.
   */
  | { readonly kind: "indexes"; readonly how: "noZero" | "none" | "strings" | "zeros" | "fromOne" }
  /** A number of the last vector, or the last score, is invalid: too large for a double (the default), `null`, or a bare `NaN`. */
  | { readonly kind: "notFinite"; readonly value?: "1e999" | "null" | "NaN" | undefined }
  /** All numbers of the last vector are 0. */
  | { readonly kind: "zeroVector" }
  /** All vectors (the default), or one, have this many dimensions; 8 too many by default. */
  | {
      readonly kind: "wrongDimension";
      readonly which?: "all" | "one" | undefined;
      readonly dimensions?: number | undefined;
    }
  /** Vectors are base64, whatever was requested. */
  | { readonly kind: "base64" }
  /** Vectors are arrays, whatever was requested. */
  | { readonly kind: "notBase64" }
  /** A vector is base64 of the wrong length (the default), or with invalid characters. */
  | { readonly kind: "badBase64"; readonly how?: "length" | "characters" | undefined }
  /** The numbers of tokens are omitted: `usage`, and other members that state them. */
  | { readonly kind: "noUsage" }
  /** A valid response with additional headers, such as rate limits. */
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string>> };

/** The plan for one request; `undefined` and `"none"`: a valid response. */
export type PlannedFault = Fault | "none" | undefined;
