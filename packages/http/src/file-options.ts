import type { PostOptions } from "./http-options.ts";

/** A file to upload, as a part of a form. */
export interface FileUpload {
  /** The other parts of the form, which come before the file. */
  readonly fields: Readonly<Record<string, string>>;
  /** The file's name: letters, digits, `.`, `-` and `_`. */
  readonly name: string;
  /** Its size, exactly. */
  readonly bytes: number;
  /** Reads it from the start. What it throws is the error of the request. */
  open(): AsyncIterable<Uint8Array>;
}

/** The options of reading a file line by line. */
export interface LinesOptions extends Omit<PostOptions, "maxBytes"> {
  /**
   * The maximum length of a line in bytes; a longer one is an error.
   *
   * @default 1_048_576 (1 MiB)
   */
  readonly maxLineBytes?: number | undefined;
}
