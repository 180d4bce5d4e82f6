import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { checkCount, checkFunction, describeKind } from "@llx/support";
import type { FileUpload } from "./file-options.ts";

/** A form with one file, as `multipart/form-data` (RFC 7578). */
export interface FileForm {
  /** With its boundary. */
  readonly type: string;
  readonly bytes: number;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

/** What needs no escape in a header of a part. */
const plainName = /^[\w.-]{1,200}$/;

/** @throws TypeError or RangeError for a file that cannot be sent */
export function fileForm({ fields, name, bytes, open }: FileUpload): FileForm {
  for (const each of [name, ...Object.keys(fields)]) {
    if (typeof each !== "string" || !plainName.test(each)) {
      const given = typeof each === "string" ? JSON.stringify(each.slice(0, 80)) : describeKind(each);
      throw new TypeError(
        `the names of a form must be up to 200 letters, digits, ".", "-" and "_", not ${given}`,
      );
    }
  }
  checkCount("bytes", bytes);
  checkFunction("open", open);
  const boundary = `llx-${randomUUID()}`;
  const part = (headers: string): string =>
    `--${boundary}\r\ncontent-disposition: form-data; ${headers}\r\n\r\n`;
  const parts = Object.entries(fields).map(([field, value]) => `${part(`name="${field}"`)}${value}\r\n`);
  const file = part(`name="file"; filename="${name}"\r\ncontent-type: application/octet-stream`);
  const head = Buffer.from(parts.join("") + file);
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    bytes: head.length + bytes + tail.length,
    head,
    tail,
  };
}
