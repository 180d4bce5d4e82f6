/**
 * What the numbers of an embedding are: 32-bit floats, or quantised to bytes, or to one bit each. Bits are packed,
 * eight numbers to a byte: `"binary"` into signed bytes, `"ubinary"` into unsigned ones.
 */
export type ElementType = "float" | "int8" | "uint8" | "binary" | "ubinary";

/** The array that holds an embedding of an element type. */
export type EmbeddingOf<E extends ElementType> = E extends "float"
  ? Float32Array
  : E extends "int8" | "binary"
    ? Int8Array
    : Uint8Array;

/** One text as numbers, of any element type. */
export type AnyEmbedding = EmbeddingOf<ElementType>;

/** One text as numbers. Element `i` of each embedding of a model has the same meaning. */
export type Embedding = EmbeddingOf<"float">;

interface Layout {
  /** Creates an array of a given length, or over a part of a buffer. */
  readonly make: (content: number | ArrayBufferLike, byteOffset?: number, length?: number) => AnyEmbedding;
  readonly bytes: number;
  /** Numbers in one element. */
  readonly packed: number;
  readonly min: number;
  readonly max: number;
}

const float = {
  make: (content: number | ArrayBufferLike, byteOffset?: number, length?: number) =>
    new Float32Array(content as ArrayBuffer, byteOffset, length),
  bytes: 4,
  packed: 1,
  min: -Infinity,
  max: Infinity,
};
const int8 = {
  make: (content: number | ArrayBufferLike, byteOffset?: number, length?: number) =>
    new Int8Array(content as ArrayBuffer, byteOffset, length),
  bytes: 1,
  packed: 1,
  min: -128,
  max: 127,
};
const uint8 = {
  make: (content: number | ArrayBufferLike, byteOffset?: number, length?: number) =>
    new Uint8Array(content as ArrayBuffer, byteOffset, length),
  bytes: 1,
  packed: 1,
  min: 0,
  max: 255,
};

/** How embeddings of each element type are laid out in memory. */
export const layouts: Readonly<Record<ElementType, Layout>> = {
  float,
  int8,
  uint8,
  binary: { ...int8, packed: 8 },
  ubinary: { ...uint8, packed: 8 },
};

/** The length of the array of an embedding with this number of dimensions. */
export function lengthOf(elementType: ElementType, dimensions: number): number {
  return Math.ceil(dimensions / layouts[elementType].packed);
}

/**
 * Whether an embedding is similar to nothing, as all its numbers are 0. In unsigned bytes and in bits a 0 is a value like
 * any other: the lowest, or a negative number.
 */
export function isZero(embedding: AnyEmbedding, elementType: ElementType): boolean {
  // Nearly always, the first number tells.
  if (embedding[0] !== 0 || (elementType !== "float" && elementType !== "int8")) return false;
  return embedding.every((number) => number === 0);
}
