import { Buffer } from "node:buffer";

/** Every vector begins at a multiple of it in their common memory, so that any array can be laid over its bytes. */
const alignment = 4;
const equals = 0x3d;

/**
 * Decodes vectors in base64 into one block of memory.
 *
 * @param ends where the text of each vector begins and ends in `body`, by turns
 * @returns the bytes of each vector; `undefined` if one is not base64
 */
export function readBase64Vectors(body: Buffer, ends: readonly number[]): DataView[] | undefined {
  const lengths: number[] = [];
  let total = 0;
  for (let i = 0; i < ends.length; i += 2) {
    let end = ends[i + 1]!;
    // The padding is not needed.
    for (let most = 2; most > 0 && body[end - 1] === equals; most--) end--;
    const digits = end - ends[i]!;
    // A single character is not a byte.
    if (digits % 4 === 1) return undefined;
    const length = Math.floor((digits * 3) / 4);
    lengths.push(length);
    total = aligned(total) + length;
  }
  // Not zero-filled: either it is written completely, or not used.
  const block = Buffer.allocUnsafeSlow(total);
  const vectors: DataView[] = [];
  let offset = 0;
  for (const [i, length] of lengths.entries()) {
    // What is between two vectors must not show what the memory held before.
    if (offset !== aligned(offset)) block.fill(0, offset, aligned(offset));
    offset = aligned(offset);
    const text = body.toString("latin1", ends[2 * i], ends[2 * i + 1]);
    // The decoder skips other characters, which leaves the end unwritten.
    if (block.write(text, offset, length, "base64") !== length) return undefined;
    vectors.push(new DataView(block.buffer, offset, length));
    offset += length;
  }
  return vectors;
}

function aligned(offset: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/**
 * Reads vectors that are lists of numbers, of as many dimensions as the first, into one block of memory.
 *
 * @param ends where the text of each vector begins and ends in `body`, by turns
 * @returns `undefined` if a vector has to be parsed with its surroundings
 */
export function readNumberVectors(body: Buffer, ends: readonly number[]): Float32Array[] | undefined {
  const vectors: Float32Array[] = [];
  let block: Float32Array | undefined;
  let used = 0;
  for (let i = 0; i < ends.length; i += 2) {
    const numbers = parseNumbers(body.toString("latin1", ends[i], ends[i + 1]));
    if (numbers === undefined) return undefined;
    // However long the first is, a number takes two characters.
    block ??= new Float32Array(Math.min((numbers.length * ends.length) / 2, body.length >> 1));
    const fits = used + numbers.length <= block.length;
    const vector = fits ? block.subarray(used, used + numbers.length) : new Float32Array(numbers.length);
    if (fits) used += numbers.length;
    for (let at = 0; at < numbers.length; at++) {
      const value = numbers[at];
      if (typeof value !== "number") return undefined;
      vector[at] = value;
    }
    vectors.push(vector);
  }
  return vectors;
}

function parseNumbers(text: string): unknown[] | undefined {
  try {
    return JSON.parse(`[${text}]`) as unknown[];
  } catch {
    // An array within the array, or a bracket in a string.
    return undefined;
  }
}
