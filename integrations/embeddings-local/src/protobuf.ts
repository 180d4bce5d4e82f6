/**
 * Writes messages in the encoding of Protocol Buffers, as far as ONNX needs it.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */

/** The bytes of fields, in pieces, so that weights are copied only once: by `joinPieces`. */
export type Pieces = readonly Uint8Array[];

const wireTypes = { varint: 0, bytes: 2, fixed32: 5 } as const;

/** A field with an `int32`, `int64` or enum; a safe integer. */
export function integerField(field: number, value: number): Pieces {
  return [tag(field, wireTypes.varint), varint(value)];
}

/** A field with a `float`. */
export function floatField(field: number, value: number): Pieces {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [tag(field, wireTypes.fixed32), bytes];
}

/** A field with a `string`. */
export function stringField(field: number, value: string): Pieces {
  return messageField(field, [new TextEncoder().encode(value)]);
}

/** A field with a message, given by its fields; or with `bytes`. */
export function messageField(field: number, ...content: readonly Pieces[]): Pieces {
  const pieces = content.flat();
  return [tag(field, wireTypes.bytes), varint(sizeOf(pieces)), ...pieces];
}

export function joinPieces(pieces: Pieces): Uint8Array {
  const bytes = new Uint8Array(sizeOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

const tag = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType);

/** Seven bits a byte, the lowest first; a negative number as its two's complement of 64 bits. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

const sizeOf = (pieces: Pieces): number => pieces.reduce((sum, { length }) => sum + length, 0);
