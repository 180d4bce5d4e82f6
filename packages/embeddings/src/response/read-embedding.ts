import { Buffer } from "node:buffer";
import { describeKind } from "@llx/support";
import { decodeBase64 } from "./decode-base64.ts";
import { type AnyEmbedding, type ElementType, layouts, lengthOf } from "../contract/element-type.ts";
import { swapIfBigEndian } from "../contract/little-endian.ts";

/** What is wrong with an embedding, worded to follow "the embedding of texts[7] …". */
export class BadEmbedding {
  readonly problem: string;
  /** Whether another response may be valid. */
  readonly retryable: boolean;
  /** How many dimensions it has, if they are what is wrong. */
  readonly dimensions: number | undefined;

  constructor(problem: string, retryable: boolean, dimensions?: number) {
    this.problem = problem;
    this.retryable = retryable;
    this.dimensions = dimensions;
  }
}

/**
 * Reads an embedding of a response into an array of its element type, in its own memory.
 *
 * @param dimensions the required number of dimensions; `undefined` while unknown
 */
export function readEmbedding(
  received: unknown,
  elementType: ElementType,
  dimensions: number | undefined,
): AnyEmbedding | BadEmbedding {
  const length = dimensions === undefined ? undefined : lengthOf(elementType, dimensions);
  const bytes = received instanceof ArrayBuffer ? new DataView(received) : received;
  const read =
    bytes instanceof DataView || typeof bytes === "string"
      ? readBytes(typeof bytes === "string" ? decodeBase64(bytes) : bytes, elementType, length)
      : Array.isArray(received) || ArrayBuffer.isView(received)
        ? readNumbers(onlyRow(received as ArrayLike<unknown>), elementType)
        : new BadEmbedding(
            received === undefined ? "is missing" : `is ${describeKind(received)}, not a list of numbers`,
            false,
          );
  if (read instanceof BadEmbedding) return read;
  if (read.length === 0) return new BadEmbedding("has no numbers", true);
  if (length !== undefined && read.length !== length) {
    if (elementType !== "float" && read.byteLength === layouts.float.bytes * dimensions!) {
      return new BadEmbedding(
        `has ${read.byteLength} bytes, which is what ${dimensions} floats have: the service was not asked for ${elementType}, or returns floats all the same`,
        false,
      );
    }
    const found = dimensionsOf(read, elementType);
    return new BadEmbedding(`has ${found} dimensions, not ${dimensions}`, false, found);
  }
  // Only an array of floats can hold values that are not finite.
  if (read instanceof Float32Array && !isFinite(read)) {
    const index = read.findIndex((number) => !Number.isFinite(number));
    return notNumber(read[index], index);
  }
  return read;
}

/** How many numbers an embedding holds. */
export function dimensionsOf(embedding: AnyEmbedding, elementType: ElementType): number {
  return embedding.length * layouts[elementType].packed;
}

/** llama.cpp wraps an embedding in a list: it has one row, as the vectors of all tokens are pooled into one. */
function onlyRow(received: ArrayLike<unknown>): ArrayLike<unknown> {
  return received.length === 1 && Array.isArray(received[0]) ? received[0] : received;
}

function readNumbers(received: ArrayLike<unknown>, elementType: ElementType): AnyEmbedding | BadEmbedding {
  const { make, min, max } = layouts[elementType];
  if (elementType === "float") return readFloats(received);
  const read = make(received.length);
  for (let i = 0; i < received.length; i++) {
    const value = received[i];
    if (typeof value !== "number" || !Number.isFinite(value)) return notNumber(value, i, received.length);
    if (!(Number.isInteger(value) && value >= min && value <= max)) {
      return new BadEmbedding(`contains a number at index ${i} that is not a valid ${elementType}`, false);
    }
    read[i] = value;
  }
  return read;
}

function readFloats(received: ArrayLike<unknown>): Float32Array | BadEmbedding {
  // Made by a provider that computes: no copy is needed.
  if (received instanceof Float32Array) return received;
  const read = new Float32Array(received.length);
  for (let i = 0; i < received.length; i++) {
    const value = received[i];
    if (typeof value !== "number") return notNumber(value, i, received.length);
    read[i] = value;
  }
  return read;
}

/** @param length of the list */
function notNumber(value: unknown, index: number, length = 0): BadEmbedding {
  if (Array.isArray(value)) {
    return new BadEmbedding(
      `is ${length} lists of numbers instead of one, as if each token had its own: ` +
        "let the server pool them (llama.cpp: --pooling mean, cls or last)",
      false,
    );
  }
  const shown = typeof value === "number" ? String(value) : describeKind(value);
  const why = typeof value === "number" && !Number.isNaN(value) ? "no finite 32-bit number" : "no number";
  return new BadEmbedding(`contains ${shown} at index ${index}: the model returned ${why}`, true);
}

function readBytes(
  bytes: DataView | undefined,
  elementType: ElementType,
  length: number | undefined,
): AnyEmbedding | BadEmbedding {
  if (bytes === undefined) return new BadEmbedding("is not base64", true);
  const { make, bytes: width } = layouts[elementType];
  const { byteLength } = bytes;
  if (byteLength % width !== 0) {
    const whole = length === undefined ? `a multiple of ${width}` : length * width;
    return new BadEmbedding(`has ${byteLength} bytes of base64, not ${whole}`, false);
  }
  const { buffer, byteOffset } =
    bytes.byteOffset % width === 0
      ? bytes
      : new Uint8Array(Buffer.from(bytes.buffer, bytes.byteOffset, byteLength));
  swapIfBigEndian(Buffer.from(buffer, byteOffset, byteLength), elementType);
  return make(buffer, byteOffset, byteLength / width);
}

function isFinite(numbers: Float32Array): boolean {
  // A sum of 32-bit numbers cannot exceed 64 bits: only a number that is not finite makes it so. Four sums at once: one
  // alone would make each addition wait for the last.
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  const whole = numbers.length - (numbers.length % 4);
  for (let i = 0; i < whole; i += 4) {
    sum0 += numbers[i]!;
    sum1 += numbers[i + 1]!;
    sum2 += numbers[i + 2]!;
    sum3 += numbers[i + 3]!;
  }
  for (let i = whole; i < numbers.length; i++) sum0 += numbers[i]!;
  return Number.isFinite(sum0 + sum1 + sum2 + sum3);
}
