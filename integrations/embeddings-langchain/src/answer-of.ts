import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import type { AnsweredEmbedding, EmbeddingResponse } from "@llx/embeddings";
import { wordsIn } from "./words-in.ts";

/** A service's answer in the form of OpenAI, as far as it can be trusted to be one. */
interface Answer {
  readonly data?: readonly (Partial<AnsweredEmbedding> | null)[];
  readonly error?: { readonly code?: unknown } | string;
  readonly model?: string;
  readonly usage?: { readonly prompt_tokens?: number; readonly total_tokens?: number };
  readonly _request_id?: string;
}

/** `OpenAIEmbeddings` and what extends it: this method sends each request, and gives the answer as it came. */
interface OpenAiEmbeddings extends EmbeddingsInterface {
  embeddingWithRetry(request: unknown): Promise<Answer>;
}

type Call = (embeddings: EmbeddingsInterface) => Promise<unknown>;

/**
 * What a service answers to a call of embeddings. LangChain takes the vectors of an answer as they come, drops those that
 * are too many, and stumbles over one that is missing: so the answer itself is read where it can be seen, which is where
 * one request is made with the client of OpenAI.
 *
 * @param method which of their methods is called
 * @param call calls it on what it is given, and gives a list of vectors
 * @throws what the call throws; an Error for an answer that is an error in spite of its status
 */
export async function answerOf(
  embeddings: EmbeddingsInterface,
  method: keyof EmbeddingsInterface,
  call: Call,
): Promise<EmbeddingResponse> {
  if (!isOpenAi(embeddings, method)) return readVectors(await call(embeddings));
  const answers: Answer[] = [];
  const watched: EmbeddingsInterface = Object.create(embeddings, {
    embeddingWithRetry: {
      async value(request: unknown): Promise<Answer> {
        const answer = await embeddings.embeddingWithRetry(request);
        answers.push(answer);
        return answer;
      },
    },
  });
  let vectors: unknown;
  try {
    vectors = await call(watched);
  } catch (error) {
    // What has failed after the answer had come is how LangChain reads it.
    if (answers.length !== 1) throw error;
  }
  return answers.length === 1 ? readAnswer(answers[0]!) : readVectors(vectors);
}

/** Whether the method is the library's own, which sends by `embeddingWithRetry`, and not one of a user's subclass. */
function isOpenAi(
  embeddings: EmbeddingsInterface,
  method: keyof EmbeddingsInterface,
): embeddings is OpenAiEmbeddings {
  if (!("clientConfig" in embeddings)) return false;
  let owner: object | null = embeddings;
  while (owner !== null && !Object.hasOwn(owner, method))
    owner = Object.getPrototypeOf(owner) as object | null;
  return owner !== null && Object.hasOwn(owner, "embeddingWithRetry");
}

function readAnswer(answer: Answer): EmbeddingResponse {
  // The page of a gateway comes as a text.
  if (typeof answer !== "object" || answer === null) throw new Error("the answer is not JSON");
  const { data, error, model, usage, _request_id: requestId } = answer;
  if (!Array.isArray(data) && error !== undefined) {
    const status = typeof error === "object" ? error?.code : undefined;
    throw Object.assign(new Error(wordsIn({ error })), { status });
  }
  return {
    // Some leave out an index that is 0.
    embeddings: Array.isArray(data) ? data.map(withIndex) : undefined,
    usage: usage && { inputTokens: usage.prompt_tokens, totalTokens: usage.total_tokens },
    model,
    requestId,
  };
}

function withIndex(item: Partial<AnsweredEmbedding> | null, at: number): AnsweredEmbedding {
  return { ...item, index: item?.index ?? at } as AnsweredEmbedding;
}

function readVectors(vectors: unknown): EmbeddingResponse {
  return {
    embeddings: Array.isArray(vectors)
      ? vectors.map((embedding: number[], index) => ({ index, embedding }))
      : undefined,
  };
}
