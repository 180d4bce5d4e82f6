import { Buffer } from "node:buffer";
import { readBase64Vectors } from "./read-vectors.ts";

/** The bytes of a base64 text, in their own memory; `undefined` if it is not base64. */
export function decodeBase64(text: string): DataView | undefined {
  const bytes = Buffer.from(text);
  return readBase64Vectors(bytes, [0, bytes.length])?.[0];
}
