import type { Embedding } from "./embedding-model.ts";
import type { EmbeddingResponse } from "./embedding-provider.ts";

/** An answer that cannot be trusted: to use it would put vectors at the wrong texts. */
export class EmbeddingResponseError extends Error {
  override readonly name = "EmbeddingResponseError";
  readonly provider: string;

  constructor(provider: string, problem: string) {
    super(`${provider} gave an answer that cannot be trusted: ${problem}`);
    this.provider = provider;
  }
}

/**
 * Puts each vector at its text's place, after a check of the count, the places, the dimensions and the numbers.
 *
 * @throws EmbeddingResponseError that says what is wrong with the answer
 */
export function placeEmbeddings(
  answered: EmbeddingResponse["embeddings"],
  count: number,
  expected: { readonly provider: string; readonly dimensions: number | undefined },
): Embedding[] {
  const reject = (problem: string): never => {
    throw new EmbeddingResponseError(expected.provider, problem);
  };
  if (answered.length !== count) reject(`${answered.length} embeddings for ${count} texts`);
  const placed = new Array<Embedding>(count);
  const dimensions = expected.dimensions ?? answered[0]!.embedding.length;
  if (dimensions === 0) reject("an embedding without numbers");
  for (const { index, embedding } of answered) {
    if (!Number.isInteger(index) || index < 0 || index >= count) reject(`index ${index} for ${count} texts`);
    if (placed[index] !== undefined) reject(`index ${index} twice`);
    if (embedding.length !== dimensions) {
      reject(`embedding ${index} has ${embedding.length} dimensions, not ${dimensions}`);
    }
    const vector = embedding instanceof Float32Array ? embedding : Float32Array.from(embedding);
    if (!vector.every(Number.isFinite)) reject(`embedding ${index} holds a number that is not finite`);
    placed[index] = vector;
  }
  return placed;
}
