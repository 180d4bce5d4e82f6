import type { AnyEmbedding } from "../contract/element-type.ts";

/** The embedding, or a copy if it shares its memory. */
export function inOwnMemory<E extends AnyEmbedding>(embedding: E): E {
  return embedding.byteLength === embedding.buffer.byteLength ? embedding : (embedding.slice() as E);
}
