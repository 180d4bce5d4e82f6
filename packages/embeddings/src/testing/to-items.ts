import { Buffer } from "node:buffer";
import type { AnyEmbedding } from "../contract/element-type.ts";
import type { FakeAsk, FakeItem } from "./fake-service.ts";

/** Vectors as items of a response. */
export function toItems(vectors: readonly AnyEmbedding[], encoding: FakeAsk["encoding"]): FakeItem[] {
  return vectors.map((vector, index) => ({
    index,
    embedding: encoding === "json" ? Array.from(vector) : toBase64(vector),
  }));
}

/** The bytes of a little-endian array. */
function toBase64(vector: AnyEmbedding): string {
  if (!(vector instanceof Float32Array)) return Buffer.from(vector.buffer).toString("base64");
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, i * 4);
  return bytes.toString("base64");
}
