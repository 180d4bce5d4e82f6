import type { AnsweredEmbedding, ElementType, EmbeddingResponse } from "@llx/embeddings";
import type { JsonResponse } from "@llx/http";

type Vector = AnsweredEmbedding["embedding"];

/** The fields of all models. */
interface Answer {
  /** Titan: floats. */
  readonly embedding: Vector;
  /** Titan. */
  readonly embeddingsByType: Readonly<Record<string, Vector>>;
  readonly inputTextTokenCount: number;
  /** Cohere: a list of vectors, or one for each type. Nova: a list of objects. */
  readonly embeddings:
    | readonly (Vector | { readonly embedding: Vector })[]
    | Readonly<Record<string, readonly Vector[]>>;
}

/** Reads a response of any model. Any part may be missing or wrong: the engine checks vectors and usage. */
export function readResponse(response: JsonResponse, elementType: ElementType): EmbeddingResponse {
  const { body, requestId, rateLimits, header } = response;
  const answer = (body ?? {}) as Partial<Answer>;
  // Titan has the number in the body too.
  const inputTokens = answer.inputTextTokenCount ?? Number(header("x-amzn-bedrock-input-token-count"));
  const embeddings = vectorsOf(answer, elementType)?.map((embedding) => ({ embedding }));
  return { embeddings, body, usage: { inputTokens }, requestId, rateLimits };
}

function vectorsOf(answer: Partial<Answer>, elementType: ElementType): readonly Vector[] | undefined {
  const { embedding, embeddings, embeddingsByType } = answer;
  if (embeddings !== undefined) {
    const list = Array.isArray(embeddings) ? embeddings : byType(embeddings, elementType);
    if (!Array.isArray(list)) return undefined;
    return list.map((each: { readonly embedding?: Vector } | null) => each?.embedding ?? (each as Vector));
  }
  const vector =
    elementType === "float"
      ? (embedding ?? byType(embeddingsByType, "float"))
      : packed(byType(embeddingsByType, "binary"), elementType === "binary" ? -128 : 0);
  return vector === undefined ? undefined : [vector as Vector];
}

function byType(vectors: unknown, type: string): unknown {
  return typeof vectors === "object" && vectors !== null ? Reflect.get(vectors, type) : undefined;
}

/** Titan sends bits as one number each: they are packed, the first one highest. Anything else is left as it is. */
function packed(bits: unknown, lowest: number): unknown {
  if (!Array.isArray(bits) || !bits.every((bit) => bit === 0 || bit === 1)) return bits;
  const bytes = new Array<number>(Math.ceil(bits.length / 8)).fill(lowest);
  for (const [index, bit] of (bits as readonly number[]).entries())
    bytes[index >> 3]! += bit << (7 - (index & 7));
  return bytes;
}
