/** Where dimensions are not known: as many as most large models have; more fit where numbers are written shorter. */
const usualDimensions = 3_072;
/** Of an embedding that has other dimensions than it should: it is to be read, so that the error can tell how many. */
const leastDimensions = 1_024;
/** Of one number in JSON, such as `-0.012345678901234567,`, with a sign and all digits. */
const bytesOfNumber = 22;
/** Of all that stands beside the numbers of an embedding. */
const bytesOfEmbedding = 1_024;
/** Of all that stands beside the embeddings. */
const bytesOfRest = 2 ** 20;

/**
 * Bytes that hardly any right answer needs, and that a process bears: what so many embeddings take as JSON, the longest form there is, with room. It does
 * not depend on the element type: a service that ignores what it is asked for sends floats.
 *
 * @param dimensions where they are known
 */
export function mostAnswerBytes(texts: number, dimensions: number | undefined): number {
  const most = Math.max(dimensions ?? usualDimensions, leastDimensions);
  return bytesOfRest + texts * (bytesOfEmbedding + most * bytesOfNumber);
}
