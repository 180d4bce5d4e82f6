import { Buffer } from "node:buffer";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * The lines of a text that arrives in pieces, without their ends and without those that are empty. The last one needs no
 * end. Only the beginning of one line is kept between pieces.
 *
 * @param tooLong makes the error for a line of more than `maxBytes`
 */
export async function* splitLines(
  pieces: AsyncIterable<Uint8Array>,
  maxBytes: number,
  tooLong: () => unknown,
): AsyncGenerator<Buffer, void, undefined> {
  let begun: Buffer[] = [];
  let length = 0;
  const grow = (part: Buffer): void => {
    length += part.length;
    if (length > maxBytes) throw tooLong();
    begun.push(part);
  };
  const end = (): Buffer => {
    const line = begun.length === 1 ? begun[0]! : Buffer.concat(begun, length);
    begun = [];
    length = 0;
    return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
  };
  for await (const piece of pieces) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let start = 0;
    for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, start)) {
      grow(bytes.subarray(start, at));
      start = at + 1;
      const line = end();
      if (line.length > 0) yield line;
    }
    if (start < bytes.length) grow(bytes.subarray(start));
  }
  const last = end();
  if (last.length > 0) yield last;
}
