/** Numbers in an embedding of any model that there is, and more. */
const mostDimensions = 16_384;
/** Of an embedding that has other dimensions than it should: it is to be read, so that the error can tell how many. */
const leastDimensions = 4_096;
/** Of one number in JSON, such as `-0.012345678901234567, `, with a sign, all digits, an exponent and a space. */
const bytesOfNumber = 25;
/** Of all that stands beside the numbers of an embedding. */
const bytesOfEmbedding = 1_024;
/** Of all that stands beside the embeddings. */
const bytesOfRest = 2 ** 20;

/**
 * Bytes that no right answer needs: what so many embeddings take as JSON, the longest form there is, with room. It does
 * not depend on the element type: a service that ignores what it is asked for sends floats.
 *
 * @param dimensions where they are known
 */
export function mostAnswerBytes(texts: number, dimensions: number | undefined): number {
  const most = dimensions === undefined ? mostDimensions : Math.max(2 * dimensions, leastDimensions);
  return bytesOfRest + texts * (bytesOfEmbedding + most * bytesOfNumber);
}
