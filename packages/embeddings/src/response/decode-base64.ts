import { Buffer } from "node:buffer";

/** The bytes of a base64 text, in memory of their own; `undefined` where it is none. */
export function decodeBase64(text: string): ArrayBuffer | undefined {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const characters = text.length - padding;
  // One character alone is no byte.
  if (characters % 4 === 1) return undefined;
  const length = Math.floor((characters * 3) / 4);
  // Memory that is not filled with zeros first: all of it is written, or none of it is used.
  const bytes = Buffer.allocUnsafeSlow(length);
  // What is no base64 is passed over by the decoder, and leaves the end unwritten.
  return bytes.write(text, "base64") === length ? bytes.buffer : undefined;
}
