import {
  type AnyEmbedding,
  type ElementType,
  type EmbeddingOf,
  isZero,
  layouts,
  lengthOf,
} from "../contract/element-type.ts";

/**
 * A vector for a text: the same in every process and on every machine, of length 1, and different for each text (as
 * far as there are enough; in one dimension there are only 1 and −1). It does not show how similar texts are.
 *
 * @param text equal texts give equal vectors
 * @param dimensions the length of the vector
 * @param seed a different seed gives different vectors, as another model would; 0 by default
 * @throws RangeError for a number of dimensions that is not a whole number from 1
 */
export function fakeVector(text: string, dimensions: number, seed = 0): Float32Array {
  const numbers = new Float64Array(checked(dimensions));
  const next = random(text, seed);
  let squares = 0;
  for (let i = 0; i < dimensions; i++) {
    const value = next();
    numbers[i] = value;
    squares += value * value;
  }
  if (squares === 0) numbers[0] = squares = 1;
  const length = Math.sqrt(squares);
  const vector = new Float32Array(dimensions);
  for (let i = 0; i < dimensions; i++) vector[i] = numbers[i]! / length;
  return vector;
}

/**
 * {@link fakeVector} for an element type. Integers use their whole range; bits are packed with the first one highest,
 * and `"binary"` is `"ubinary"` minus 128.
 *
 * @throws RangeError for a number of dimensions that is not a whole number from 1
 */
export function fakeVectorOf<E extends ElementType>(
  text: string,
  elementType: E,
  dimensions: number,
  seed = 0,
): EmbeddingOf<E> {
  return vectorOf(text, elementType, dimensions, seed) as EmbeddingOf<E>;
}

function vectorOf(text: string, elementType: ElementType, dimensions: number, seed: number): AnyEmbedding {
  if (elementType === "float") return fakeVector(text, dimensions, seed);
  const { make, packed, min } = layouts[elementType];
  const vector = make(lengthOf(elementType, checked(dimensions)));
  const next = random(text, seed);
  for (let i = 0; i < vector.length; i++) {
    let byte = 0;
    if (packed === 1) byte = Math.floor((next() + 1) * 128);
    else for (let bit = 0; bit < packed; bit++) byte = byte * 2 + (next() < 0 ? 0 : 1);
    vector[i] = byte + min;
  }
  // Such embeddings are refused; with one or two dimensions they would be likely.
  if (isZero(vector, elementType)) vector[0] = 1;
  return vector;
}

function checked(dimensions: number): number {
  if (Number.isSafeInteger(dimensions) && dimensions > 0) return dimensions;
  throw new RangeError(`dimensions must be a whole number from 1, not ${dimensions}`);
}

/**
 * Numbers from −1 up to 1, always the same ones for a text and a seed: a hash of the text begins a generator
 * (sfc32). All of it is 32-bit arithmetic, which is the same everywhere.
 */
export function random(text: string, seed: number): () => number {
  let a = 0x9e3779b9 ^ seed;
  let b = 0x243f6a88 ^ Math.imul(seed, 0x85ebca6b);
  let c = 0xb7e15162;
  let counter = text.length | 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995);
    b ^= b >>> 15;
    c = (Math.imul(c, 33) + unit) ^ (a >>> 13);
  }
  const step = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum;
  };
  // Until every bit of the hash affects every number.
  for (let i = 0; i < 12; i++) step();
  return () => step() / 2 ** 31;
}
