import { Buffer } from "node:buffer";

/** The bytes of a base64 text, in their own memory; `undefined` if it is not base64. */
export function decodeBase64(text: string): ArrayBuffer | undefined {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const characters = text.length - padding;
  // A single character is not a byte.
  if (characters % 4 === 1) return undefined;
  const length = Math.floor((characters * 3) / 4);
  // Not zero-filled: either it is written completely, or not used.
  const bytes = Buffer.allocUnsafeSlow(length);
  // The decoder skips other characters, which leaves the end unwritten.
  return bytes.write(text, "base64") === length ? bytes.buffer : undefined;
}
