import { Agent } from "node:http";
import { createEmbeddingModel } from "../../model/create-embedding-model.ts";
import type { ElementType } from "../../contract/element-type.ts";
import type { EmbeddingLimits } from "../../contract/embedding-limits.ts";
import type { EmbeddingModel } from "../../contract/embedding-model.ts";
import type {
  AnsweredEmbedding,
  AttemptOptions,
  EmbeddingProvider,
  EmbeddingRequest,
  EmbeddingResponse,
} from "../../contract/embedding-provider.ts";
import type { ConformanceOptions } from "../conformance-subject.ts";
import { PlainError, plainPost, type PlainReply } from "./plain-post.ts";
import { readReply } from "./read-plain-reply.ts";

export type Model = EmbeddingModel<ElementType>;

export interface PlainDeclaration {
  readonly limits: EmbeddingLimits;
  readonly dimensions?: number | undefined;
  readonly elementType?: ElementType | undefined;
  readonly encoding?: "json" | "base64" | undefined;
}

/** Parts that a mutant replaces. */
export interface Changes {
  readonly options?: (options: ConformanceOptions) => ConformanceOptions;
  readonly isKey?: (key: string) => boolean;
  readonly isUrl?: (url: string) => boolean;
  readonly request?: (request: EmbeddingRequest) => EmbeddingRequest;
  readonly attempt?: (attempt: AttemptOptions) => AttemptOptions;
  readonly post?: typeof plainPost;
  /** Returns what to throw instead of an error, given the sent key and body and the received text. */
  readonly error?: (error: PlainError, sent: { apiKey: string; body: string; came: string }) => unknown;
  /** Returns the list of embeddings in a response. */
  readonly data?: (data: PlainItems, texts: readonly string[]) => PlainItems;
  readonly response?: (response: EmbeddingResponse, key: string, attempt: number) => EmbeddingResponse;
  readonly provider?: (provider: EmbeddingProvider<ElementType>) => EmbeddingProvider<ElementType>;
  readonly model?: (model: Model, options: ConformanceOptions) => Model;
}

export type PlainItems = readonly AnsweredEmbedding[];

interface PlainBody {
  readonly data?: PlainItems;
  readonly model?: string;
  readonly usage?: { readonly prompt_tokens?: number; readonly total_tokens?: number };
}

/** A correct provider; with changes, a defective one. */
export function plainEmbedding(
  given: ConformanceOptions,
  declared: PlainDeclaration,
  changes: Changes = {},
): Model {
  const options = changes.options?.(given) ?? given;
  const { apiKey, baseUrl } = options;
  const { isKey = (key) => /^[\x21-\x7e]+$/.test(key), isUrl = URL.canParse } = changes;
  if (!isKey(apiKey)) throw new TypeError("the key is empty or contains invalid characters");
  if (!isUrl(baseUrl)) throw new TypeError("the address is invalid");
  const { limits, dimensions, elementType = "float", encoding = "json" } = declared;
  const { post = plainPost } = changes;
  const agent = new Agent({ keepAlive: true });
  const { headers: more, proxy } = options as {
    readonly headers?: ConstructorParameters<typeof Headers>[0];
    readonly proxy?: string;
  };
  const headers = Object.fromEntries(new Headers(more));
  const provider: EmbeddingProvider<ElementType> = {
    provider: "plain",
    model: "plain-1",
    elementType,
    dimensions,
    limits,
    capabilities: {
      inputTypes: ["document", "query"],
      elementTypes: [elementType],
      wireFormats: ["json", "base64"],
    },
    variant: baseUrl,
    options: ["apiKey", "baseUrl", "headers", "proxy"],
    async embed(asked, attempt) {
      const { texts, inputType } = changes.request?.(asked) ?? asked;
      const body = JSON.stringify({
        model: "plain-1",
        input: texts,
        input_type: inputType,
        ...(encoding === "base64" && { encoding_format: encoding }),
      });
      let came = "";
      try {
        const sent = { agent, apiKey, headers, body, proxy, ...(changes.attempt?.(attempt) ?? attempt) };
        const reply = await post(`${baseUrl}/v1/embeddings`, sent);
        came = reply.text;
        const response = readResponse(reply);
        const embeddings = changes.data?.(response.embeddings ?? [], asked.texts) ?? response.embeddings;
        return (
          changes.response?.({ ...response, embeddings }, apiKey, attempt.attempt) ?? {
            ...response,
            embeddings,
          }
        );
      } catch (error) {
        if (!(error instanceof PlainError) || changes.error === undefined) throw error;
        throw changes.error(error, { apiKey, body, came });
      }
    },
    aclose: async () => agent.destroy(),
  };
  const model = createEmbeddingModel<ElementType>(changes.provider?.(provider) ?? provider, options);
  return changes.model?.(model, options) ?? model;
}

function readResponse(
  reply: PlainReply,
): EmbeddingResponse & { readonly embeddings: PlainItems | undefined } {
  const { body, requestId, rateLimits } = readReply(reply);
  const { data, model, usage } = (body ?? {}) as PlainBody;
  return {
    embeddings: data,
    body,
    model,
    requestId,
    rateLimits,
    usage: usage && { inputTokens: usage.prompt_tokens, totalTokens: usage.total_tokens },
  };
}
