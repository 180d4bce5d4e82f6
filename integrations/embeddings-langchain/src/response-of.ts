import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import type { AnsweredEmbedding, EmbeddingResponse } from "@llx/embeddings";
import { serviceMessage } from "@llx/support";

/** A service's response in OpenAI's form, nothing of which is checked yet. */
interface OpenAiResponse {
  readonly data?: readonly (Partial<AnsweredEmbedding> | null)[];
  readonly error?: { readonly code?: unknown } | string;
  readonly model?: string;
  readonly usage?: { readonly prompt_tokens?: number; readonly total_tokens?: number };
  readonly _request_id?: string;
}

/** `OpenAIEmbeddings` and its subclasses: this method sends each request and returns the response unchanged. */
interface OpenAiEmbeddings extends EmbeddingsInterface {
  embeddingWithRetry(request: unknown): Promise<OpenAiResponse>;
}

type Call = (embeddings: EmbeddingsInterface) => Promise<unknown>;

/**
 * The response of a service to a call of LangChain's embeddings. LangChain returns vectors in the order of the response,
 * drops surplus ones, and fails where one is missing: so the response itself is read where it is accessible, which is
 * where the client of OpenAI makes one request.
 *
 * @param method which of their methods is called
 * @param call calls it on its argument, and returns a list of vectors
 * @throws what the call throws; an Error for a response that is an error in spite of its status
 */
export async function responseOf(
  embeddings: EmbeddingsInterface,
  method: keyof EmbeddingsInterface,
  call: Call,
): Promise<EmbeddingResponse> {
  if (!isOpenAi(embeddings, method)) return readVectors(await call(embeddings));
  const responses: OpenAiResponse[] = [];
  const watched: EmbeddingsInterface = Object.create(embeddings, {
    embeddingWithRetry: {
      async value(request: unknown): Promise<OpenAiResponse> {
        const response = await embeddings.embeddingWithRetry(request);
        responses.push(response);
        return response;
      },
    },
  });
  let vectors: unknown;
  try {
    vectors = await call(watched);
  } catch (error) {
    // After a response, it is LangChain that failed to read it.
    if (responses.length !== 1) throw error;
  }
  return responses.length === 1 ? readResponse(responses[0]!) : readVectors(vectors);
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

function readResponse(response: OpenAiResponse): EmbeddingResponse {
  // The page of a gateway is a string.
  if (typeof response !== "object" || response === null) throw new Error("the response is not JSON");
  const { data, error, model, usage, _request_id: requestId } = response;
  if (!Array.isArray(data) && error !== undefined) {
    const status = typeof error === "object" ? error?.code : undefined;
    throw Object.assign(new Error(serviceMessage("", { error }) ?? "an error without a message"), {
      status,
      error,
    });
  }
  return {
    // Some services omit an index that is 0.
    embeddings: Array.isArray(data) ? data.map(withIndex) : undefined,
    usage: usage && { inputTokens: usage.prompt_tokens, totalTokens: usage.total_tokens },
    model,
    requestId,
  };
}

function withIndex(item: Partial<AnsweredEmbedding> | null, position: number): AnsweredEmbedding {
  return { ...item, index: item?.index ?? position } as AnsweredEmbedding;
}

function readVectors(vectors: unknown): EmbeddingResponse {
  return {
    embeddings: Array.isArray(vectors)
      ? vectors.map((embedding: number[], index) => ({ index, embedding }))
      : undefined,
  };
}
