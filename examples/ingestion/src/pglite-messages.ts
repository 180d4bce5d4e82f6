/** The first message to the thread. */
export interface OpenDirectory {
  readonly directory: string;
}

/** One statement for the thread, or its end. Answered in the order sent. */
export type PgliteRequest = { readonly sql: string; readonly parameters: readonly unknown[] } | "close";

export type PgliteReply =
  | { readonly rows: readonly unknown[] }
  | { readonly error: { readonly message: string; readonly code: string | undefined } };
