import type { AnyEmbedding, ElementType } from "./element-type.ts";
import type { EmbeddingResponse } from "./embedding-provider.ts";
import { EmbeddingResponseError } from "./embedding-response-error.ts";
import { BadEmbedding, dimensionsOf, readEmbedding } from "./read-embedding.ts";

/** What the answers of a model must be. */
export interface ExpectedEmbeddings {
  readonly provider: string;
  readonly elementType: ElementType;
  /** Where it is not known yet, all embeddings of an answer must have as many as the first. */
  readonly dimensions: number | undefined;
}

type Answered = Pick<EmbeddingResponse, "embeddings" | "requestId">;

/**
 * Puts each vector at its text's place, after a check of the count, the places, the dimensions and the numbers.
 *
 * @throws EmbeddingResponseError that says what is wrong with the answer
 */
export function placeEmbeddings(
  { embeddings: answered, requestId }: Answered,
  count: number,
  { provider, elementType, dimensions: known }: ExpectedEmbeddings,
): AnyEmbedding[] {
  const reject = (problem: string, retryable: boolean): never => {
    throw new EmbeddingResponseError(provider, problem, { retryable, requestId });
  };
  if (!Array.isArray(answered)) return reject("there is no list of embeddings", false);
  if (answered.length !== count) reject(`${answered.length} embeddings for ${count} texts`, true);
  const placed = new Array<AnyEmbedding>(count);
  let dimensions = known;
  for (const item of answered) {
    const { index, embedding: came } = item ?? {};
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      reject(`index ${String(index)} for ${count} texts`, true);
    }
    if (placed[index] !== undefined) reject(`index ${index} twice`, true);
    const embedding = readEmbedding(came, elementType, dimensions);
    if (embedding instanceof BadEmbedding) {
      return reject(`embedding ${index} ${embedding.problem}`, embedding.retryable);
    }
    dimensions ??= dimensionsOf(embedding, elementType);
    placed[index] = embedding;
  }
  return placed;
}
