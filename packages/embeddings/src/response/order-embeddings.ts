import { answerForm } from "./response-form.ts";
import type { AnyEmbedding, ElementType } from "../contract/element-type.ts";
import type { AnsweredEmbedding, EmbeddingResponse } from "../contract/embedding-provider.ts";
import { EmbeddingResponseError } from "../contract/embedding-response-error.ts";
import { BadEmbedding, dimensionsOf, readEmbedding } from "./read-embedding.ts";
import { textPlaces } from "./text-places.ts";

/** What the answers of a model must be. */
export interface ExpectedEmbeddings {
  readonly provider: string;
  readonly elementType: ElementType;
  /** Where it is not known yet, all embeddings of an answer must have as many as the first. */
  readonly dimensions: number | undefined;
}

type Answered = Pick<EmbeddingResponse, "embeddings" | "requestId" | "body">;

/**
 * Puts each vector at its text's place, after a check of the count, the places, the dimensions and the numbers.
 *
 * @throws EmbeddingResponseError that says what is wrong with the answer
 */
export function placeEmbeddings(
  { embeddings: answered, requestId, body }: Answered,
  count: number,
  { provider, elementType, dimensions: known }: ExpectedEmbeddings,
): AnyEmbedding[] {
  const reject = (problem: string, retryable: boolean): never => {
    throw new EmbeddingResponseError(provider, problem, { retryable, requestId });
  };
  const form = (): string => (body === undefined ? "" : `; the answer is ${answerForm(body)}`);
  if (!Array.isArray(answered)) return reject(`there is no list of embeddings${form()}`, false);
  if (answered.length !== count) reject(`${answered.length} embeddings for ${count} texts`, true);
  const items = answered as readonly AnsweredEmbedding[];
  const odd = items.findIndex((item) => typeof item !== "object" || item === null || Array.isArray(item));
  if (odd !== -1) reject(`embedding ${odd} is no object with index and embedding${form()}`, false);
  const places = textPlaces(items.map(({ index }) => index));
  // To ask again is paid for, and the service numbers its answers as it does.
  if (typeof places === "string") return reject(places, false);
  const placed = new Array<AnyEmbedding>(count);
  let dimensions = known;
  for (const [at, { embedding: came }] of items.entries()) {
    const index = places[at]!;
    const embedding = readEmbedding(came, elementType, dimensions);
    if (embedding instanceof BadEmbedding) {
      return reject(`embedding ${index} ${embedding.problem}`, embedding.retryable);
    }
    dimensions ??= dimensionsOf(embedding, elementType);
    placed[index] = embedding;
  }
  return placed;
}
