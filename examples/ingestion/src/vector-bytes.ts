import { Buffer } from "node:buffer";
import type { Embedding } from "@llx/embeddings";

/**
 * A vector as pgvector reads it in binary: how many numbers, two bytes that are not used, and the numbers, all
 * big-endian. As text, each number would be printed here and parsed there.
 */
export function vectorBytes(vector: Embedding): Buffer {
  const bytes = Buffer.alloc(4 + 4 * vector.length);
  bytes.writeUInt16BE(vector.length);
  for (const [i, number] of vector.entries()) bytes.writeFloatBE(number, 4 + 4 * i);
  return bytes;
}
