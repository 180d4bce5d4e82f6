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

/** One text as numbers, of whatever element type. */
export type AnyEmbedding = EmbeddingOf<ElementType>;

/** One text as numbers. Element `i` of each embedding of a model has the same meaning. */
export type Embedding = EmbeddingOf<"float">;

interface Layout {
  readonly make: (length: number) => AnyEmbedding;
  /** All of a buffer. */
  readonly view: (buffer: ArrayBuffer) => AnyEmbedding;
  readonly bytes: number;
  /** How many numbers stand in one element. */
  readonly packed: number;
  readonly least: number;
  readonly most: number;
}

const float = {
  make: (length: number) => new Float32Array(length),
  view: (buffer: ArrayBuffer) => new Float32Array(buffer),
  bytes: 4,
  packed: 1,
  least: -Infinity,
  most: Infinity,
};
const int8 = {
  make: (length: number) => new Int8Array(length),
  view: (buffer: ArrayBuffer) => new Int8Array(buffer),
  bytes: 1,
  packed: 1,
  least: -128,
  most: 127,
};
const uint8 = {
  make: (length: number) => new Uint8Array(length),
  view: (buffer: ArrayBuffer) => new Uint8Array(buffer),
  bytes: 1,
  packed: 1,
  least: 0,
  most: 255,
};

/** How embeddings of each element type lie in memory. */
export const layouts: Readonly<Record<ElementType, Layout>> = {
  float,
  int8,
  uint8,
  binary: { ...int8, packed: 8 },
  ubinary: { ...uint8, packed: 8 },
};

/** How long an embedding of so many numbers is. */
export function lengthOf(elementType: ElementType, dimensions: number): number {
  return Math.ceil(dimensions / layouts[elementType].packed);
}
