import { Buffer } from "node:buffer";

/** The bytes of a base64 text, in memory of their own; `undefined` where it is not base64. */
export function decodeBase64(text: string): ArrayBuffer | undefined {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const characters = text.length - padding;
  // One character alone is no byte.
  if (characters % 4 === 1) return undefined;
  const length = Math.floor((characters * 3) / 4);
  // Not zero-filled: either all of it is written, or it is not used.
  const bytes = Buffer.allocUnsafeSlow(length);
  // The decoder skips other characters, which leaves the end unwritten.
  return bytes.write(text, "base64") === length ? bytes.buffer : undefined;
}
