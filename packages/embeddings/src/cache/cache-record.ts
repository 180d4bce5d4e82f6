import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { type AnyEmbedding, type ElementType, layouts } from "../contract/element-type.ts";
import { swapIfBigEndian } from "../contract/little-endian.ts";

/** Version of the record, element type, and a checksum of the key and the numbers. */
const headerLength = 6;
const version = 1;
const codes: readonly ElementType[] = ["float", "int8", "uint8", "binary", "ubinary"];

/** An embedding in the form that a cache stores: a header of six bytes, then the numbers, little-endian. */
export function encodeRecord(key: string, embedding: AnyEmbedding, elementType: ElementType): Uint8Array {
  const record = Buffer.allocUnsafeSlow(headerLength + embedding.byteLength);
  const numbers = Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength);
  numbers.copy(record, headerLength);
  swapIfBigEndian(record.subarray(headerLength), elementType);
  record[0] = version;
  record[1] = codes.indexOf(elementType);
  record.writeUInt32LE(checksum(key, record), 2);
  return record;
}

/** The embedding in a record; `undefined` for a record that is invalid, damaged, or of another type or key. */
export function decodeRecord(
  key: string,
  record: Uint8Array,
  elementType: ElementType,
): AnyEmbedding | undefined {
  const { make, bytes } = layouts[elementType];
  const length = (record.length - headerLength) / bytes;
  if (!Number.isInteger(length) || length < 1) return undefined;
  const view = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  if (view[0] !== version || view[1] !== codes.indexOf(elementType)) return undefined;
  if (view.readUInt32LE(2) !== checksum(key, view)) return undefined;
  const embedding = make(length);
  const numbers = Buffer.from(embedding.buffer);
  view.copy(numbers, 0, headerLength);
  swapIfBigEndian(numbers, elementType);
  return embedding;
}

/** Includes the key, so that a record at the wrong key is detected. */
function checksum(key: string, record: Buffer): number {
  return crc32(record.subarray(headerLength), crc32(key));
}
