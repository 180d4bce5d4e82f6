import { Buffer } from "node:buffer";
import { decodeBase64 } from "./decode-base64.ts";
import { type AnyEmbedding, type ElementType, layouts, lengthOf } from "../contract/element-type.ts";
import { swapIfBigEndian } from "../contract/little-endian.ts";

/** What is wrong with an embedding, in words that follow "embedding 7 …". */
export class BadEmbedding {
  readonly problem: string;
  /** Whether another answer may be right. */
  readonly retryable: boolean;

  constructor(problem: string, retryable: boolean) {
    this.problem = problem;
    this.retryable = retryable;
  }
}

/**
 * An embedding as it came, as the array of its element type, in memory of its own.
 *
 * @param dimensions how many numbers there must be; `undefined` where that is not known yet
 */
export function readEmbedding(
  came: unknown,
  elementType: ElementType,
  dimensions: number | undefined,
): AnyEmbedding | BadEmbedding {
  const length = dimensions === undefined ? undefined : lengthOf(elementType, dimensions);
  const read =
    typeof came === "string" || came instanceof ArrayBuffer
      ? readBytes(typeof came === "string" ? decodeBase64(came) : came, elementType, length)
      : Array.isArray(came) || ArrayBuffer.isView(came)
        ? readNumbers(onlyRow(came as ArrayLike<unknown>), elementType)
        : new BadEmbedding(
            came === undefined ? "is missing" : `is ${kindOf(came)}, no list of numbers`,
            false,
          );
  if (read instanceof BadEmbedding) return read;
  if (read.length === 0) return new BadEmbedding("has no numbers", true);
  if (length !== undefined && read.length !== length) {
    return new BadEmbedding(`has ${dimensionsOf(read, elementType)} dimensions, not ${dimensions}`, false);
  }
  // An array of floats may hold what is no number; the others cannot.
  if (read instanceof Float32Array && !isFinite(read)) {
    const place = read.findIndex((number) => !Number.isFinite(number));
    return notNumber(read[place], place);
  }
  return read;
}

/** How many numbers an embedding holds. */
export function dimensionsOf(embedding: AnyEmbedding, elementType: ElementType): number {
  return embedding.length * layouts[elementType].packed;
}

/** llama.cpp puts an embedding into a list of its own: one row, as the numbers of all tokens are pooled to one vector. */
function onlyRow(came: ArrayLike<unknown>): ArrayLike<unknown> {
  return came.length === 1 && Array.isArray(came[0]) ? came[0] : came;
}

function readNumbers(came: ArrayLike<unknown>, elementType: ElementType): AnyEmbedding | BadEmbedding {
  const { make, least, most } = layouts[elementType];
  if (elementType === "float") return readFloats(came);
  const read = make(came.length);
  for (let i = 0; i < came.length; i++) {
    const value = came[i];
    if (typeof value !== "number" || !Number.isFinite(value)) return notNumber(value, i, came.length);
    if (!(Number.isInteger(value) && value >= least && value <= most)) {
      return new BadEmbedding(`holds a number at place ${i} that is no ${elementType}`, false);
    }
    read[i] = value;
  }
  return read;
}

function readFloats(came: ArrayLike<unknown>): Float32Array | BadEmbedding {
  // A provider that computes has made it: it is ours already.
  if (came instanceof Float32Array) return came;
  const read = new Float32Array(came.length);
  for (let i = 0; i < came.length; i++) {
    const value = came[i];
    if (typeof value !== "number") return notNumber(value, i, came.length);
    read[i] = value;
  }
  return read;
}

/** @param length how many values stand in the list */
function notNumber(value: unknown, place: number, length = 0): BadEmbedding {
  if (Array.isArray(value)) {
    return new BadEmbedding(
      `is ${length} lists of numbers and not one, as if each token had its own: ` +
        "let the server pool them (llama.cpp: --pooling mean, cls or last)",
      false,
    );
  }
  const shown = typeof value === "number" ? String(value) : kindOf(value);
  const why = typeof value === "number" && !Number.isNaN(value) ? "no finite number of 32 bits" : "no number";
  return new BadEmbedding(`holds ${shown} at place ${place}: the model gave ${why}`, true);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function readBytes(
  bytes: ArrayBuffer | undefined,
  elementType: ElementType,
  length: number | undefined,
): AnyEmbedding | BadEmbedding {
  if (bytes === undefined) return new BadEmbedding("is no base64", true);
  const { view, bytes: width } = layouts[elementType];
  const { byteLength } = bytes;
  if (length === undefined ? byteLength % width !== 0 : byteLength !== length * width) {
    return new BadEmbedding(
      `has ${byteLength} bytes of base64, not ${length === undefined ? `a multiple of ${width}` : length * width}`,
      false,
    );
  }
  swapIfBigEndian(Buffer.from(bytes), elementType);
  return view(bytes);
}

function isFinite(numbers: Float32Array): boolean {
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]!;
    // Less itself, a number that is not finite is NaN.
    if (number - number !== 0) return false;
  }
  return true;
}
