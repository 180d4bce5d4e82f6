/** Where dimensions are unknown: as many as most large models have; more fit where numbers are written shorter. */
const usualDimensions = 3_072;
/** An embedding with other dimensions than expected must be readable, so that the error can state them. */
const minDimensions = 1_024;
/** Of one number in JSON, such as `-0.012345678901234567,`, with a sign and all digits. */
const bytesPerNumber = 22;
/** Of everything in an embedding except its numbers. */
const bytesPerEmbedding = 1_024;
/** Of everything except the embeddings. */
const otherBytes = 2 ** 20;

/**
 * Bytes that valid responses rarely exceed, and that fit into a process: the size of the embeddings as JSON, the
 * longest form, with room. It does not depend on the element type: a service that ignores the requested one sends floats.
 *
 * @param dimensions where they are known
 */
export function maxResponseBytes(texts: number, dimensions: number | undefined): number {
  const perEmbedding = Math.max(dimensions ?? usualDimensions, minDimensions) * bytesPerNumber;
  return otherBytes + texts * (bytesPerEmbedding + perEmbedding);
}
