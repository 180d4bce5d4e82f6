import { isObject } from "@llx/support";
import { responseForm } from "./response-form.ts";
import { type AnyEmbedding, type ElementType, isZero } from "../contract/element-type.ts";
import type { AnsweredEmbedding, EmbeddingResponse } from "../contract/embedding-provider.ts";
import { EmbeddingResponseError } from "../contract/embedding-response-error.ts";
import type { TextName } from "../contract/text-name.ts";
import { BadEmbedding, dimensionsOf, readEmbedding } from "./read-embedding.ts";
import { inOwnMemory } from "./own-memory.ts";
import { textIndexes } from "./text-indexes.ts";

/** What the responses of a model must match. */
export interface ExpectedEmbeddings {
  readonly provider: string;
  readonly elementType: ElementType;
  /** While unknown, all embeddings of a response must have as many dimensions as the first. */
  readonly dimensions: number | undefined;
  /** What to do where a service returns another number of dimensions than is known. */
  readonly advice?: ((received: number) => string) | undefined;
  /** Whether embeddings of zeros are valid. */
  readonly allowZero: boolean;
  /** Whether an embedding that shares memory with others is copied. */
  readonly ownMemory?: boolean | undefined;
  /** The name of the text at an index of the request in errors. */
  readonly nameOf: TextName;
}

type ListResponse = Pick<EmbeddingResponse, "embeddings" | "requestId" | "body">;

/**
 * Puts the embeddings of a response into the order of the texts, after checking their count, indexes, dimensions and
 * numbers.
 *
 * @throws EmbeddingResponseError with what is wrong with the response
 */
export function orderEmbeddings(
  { embeddings: list, requestId, body }: ListResponse,
  count: number,
  {
    provider,
    elementType,
    dimensions: known,
    advice,
    allowZero,
    ownMemory = false,
    nameOf,
  }: ExpectedEmbeddings,
): AnyEmbedding[] {
  const reject = (problem: string, retryable: boolean, ofText = false): never => {
    throw new EmbeddingResponseError(provider, problem, { retryable, requestId, ofText });
  };
  const form = (): string => (body === undefined ? "" : `; the response is ${responseForm(body)}`);
  if (!Array.isArray(list)) return reject(`there is no list of embeddings${form()}`, false);
  if (list.length !== count) reject(`${list.length} embeddings for ${count} texts`, true);
  const items = list as readonly AnsweredEmbedding[];
  const odd = items.findIndex((item) => !isObject(item) || Array.isArray(item));
  if (odd !== -1) reject(`item ${odd} of the list is not an object with index and embedding${form()}`, false);
  const indexes = textIndexes(items.map(({ index }) => index));
  // Each attempt is charged, and the service would number its embeddings in the same way.
  if (typeof indexes === "string") return reject(indexes, false);
  const ordered = new Array<AnyEmbedding>(count);
  let dimensions = known;
  for (const [at, { embedding: received }] of items.entries()) {
    const index = indexes[at]!;
    const embedding = readEmbedding(received, elementType, dimensions);
    if (embedding instanceof BadEmbedding) {
      const { problem, retryable, dimensions: found } = embedding;
      const hint = known === undefined || found === undefined ? "" : (advice?.(found) ?? "");
      return reject(`the embedding of ${nameOf(index)} ${problem}${hint}`, retryable);
    }
    if (!allowZero && isZero(embedding, elementType)) {
      const why = "which is similar to nothing: embed other text, or accept it with allowZero: true";
      return reject(`the embedding of ${nameOf(index)} has only zeros, ${why}`, false, true);
    }
    dimensions ??= dimensionsOf(embedding, elementType);
    ordered[index] = ownMemory ? inOwnMemory(embedding) : embedding;
  }
  return ordered;
}
