import { Buffer } from "node:buffer";

/** The bytes of a base64 text, in their own memory; `undefined` if it is not base64. */
export function decodeBase64(text: string): ArrayBuffer | undefined {
  const length = base64Length(text, text.length);
  if (length === undefined) return undefined;
  // Not zero-filled: either it is written completely, or not used.
  const bytes = Buffer.allocUnsafeSlow(length);
  return writeBase64(bytes, text, 0, length) ? bytes.buffer : undefined;
}

/**
 * How many bytes a base64 text of so many characters has; `undefined` if it cannot be base64.
 *
 * @param text its characters, at least the last two: the padding is not needed
 */
export function base64Length(text: string, characters: number): number | undefined {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const digits = characters - padding;
  // A single character is not a byte.
  return digits % 4 === 1 ? undefined : Math.floor((digits * 3) / 4);
}

/** Writes the `length` bytes of a base64 text; returns whether it was base64. */
export function writeBase64(bytes: Buffer, text: string, offset: number, length: number): boolean {
  // The decoder skips other characters, which leaves the end unwritten.
  return bytes.write(text, offset, length, "base64") === length;
}
