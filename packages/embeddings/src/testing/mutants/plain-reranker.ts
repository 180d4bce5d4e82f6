import { Agent } from "node:http";
import { createReranker } from "../../rerank/create-reranker.ts";
import type { AttemptOptions } from "../../contract/embedding-provider.ts";
import type { RerankLimits } from "../../rerank/rerank-limits.ts";
import type { RerankProvider, RerankRequest, RerankResponse } from "../../rerank/rerank-provider.ts";
import type { RankedText, Reranker } from "../../rerank/reranker.ts";
import type { RerankerConformanceOptions } from "../reranker-conformance-subject.ts";
import { PlainError, plainPost } from "./plain-post.ts";
import { readReply } from "./read-plain-reply.ts";

/** Parts that a mutant replaces. */
export interface RerankChanges {
  readonly options?: (options: RerankerConformanceOptions) => RerankerConformanceOptions;
  readonly isKey?: (key: string) => boolean;
  readonly isUrl?: (url: string) => boolean;
  readonly request?: (request: RerankRequest) => RerankRequest;
  readonly attempt?: (attempt: AttemptOptions) => AttemptOptions;
  readonly post?: typeof plainPost;
  /** Returns what to throw instead of an error, given the sent key and body. */
  readonly error?: (error: PlainError, sent: { readonly apiKey: string; readonly body: string }) => unknown;
  readonly results?: (results: readonly RankedText[], request: RerankRequest) => readonly RankedText[];
  readonly response?: (response: RerankResponse) => RerankResponse;
  readonly provider?: (provider: RerankProvider) => RerankProvider;
  readonly reranker?: (reranker: Reranker, options: RerankerConformanceOptions) => Reranker;
}

/** A correct reranker; with changes, a defective one. */
export function plainReranker(
  given: RerankerConformanceOptions,
  limits: RerankLimits,
  changes: RerankChanges = {},
): Reranker {
  const options = changes.options?.(given) ?? given;
  const { apiKey, baseUrl } = options;
  const { isKey = (key) => /^[\x21-\x7e]+$/.test(key), isUrl = URL.canParse, post = plainPost } = changes;
  if (!isKey(apiKey)) throw new TypeError("the key cannot be sent");
  if (!isUrl(baseUrl)) throw new TypeError("the address is invalid");
  const agent = new Agent({ keepAlive: true });
  const { headers: more, proxy } = options as {
    readonly headers?: ConstructorParameters<typeof Headers>[0];
    readonly proxy?: string;
  };
  const headers = Object.fromEntries(new Headers(more));
  const provider: RerankProvider = {
    provider: "plain",
    model: "plain-rank-1",
    limits,
    truncation: "onRequest",
    options: ["apiKey", "baseUrl", "headers", "proxy"],
    async rerank(asked, attempt) {
      const { query, texts, topN, truncate } = changes.request?.(asked) ?? asked;
      const model = "plain-rank-1";
      const body = JSON.stringify({ model, query, documents: texts, top_n: topN, truncation: truncate });
      try {
        const sent = { agent, apiKey, headers, body, proxy, ...(changes.attempt?.(attempt) ?? attempt) };
        const { body: received, requestId } = readReply(await post(`${baseUrl}/v1/rerank`, sent));
        const { results: list, usage } = (received ?? {}) as {
          readonly results?: readonly RankedText[];
          readonly usage?: { readonly total_tokens?: number };
        };
        const results = list === undefined ? undefined : (changes.results?.(list, asked) ?? list);
        const response = { results, body: received, requestId, usage: { totalTokens: usage?.total_tokens } };
        return changes.response?.(response) ?? response;
      } catch (error) {
        if (!(error instanceof PlainError) || changes.error === undefined) throw error;
        throw changes.error(error, { apiKey, body });
      }
    },
    aclose: async () => agent.destroy(),
  };
  const reranker = createReranker(changes.provider?.(provider) ?? provider, options);
  return changes.reranker?.(reranker, options) ?? reranker;
}
