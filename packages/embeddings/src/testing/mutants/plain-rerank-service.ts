import type { RerankLimits } from "../../rerank/rerank-limits.ts";
import { defineRerankPart } from "../define-rerank-part.ts";
import type { FakeService } from "../fake-service.ts";
import { tokensOf } from "../tokens-of.ts";
import { plainService } from "./plain-service.ts";

/** A service with a common API: `POST /v1/rerank`. */
export function plainRerankService(limits: RerankLimits): FakeService {
  const service = plainService({ limits: { inputs: 1 }, elementType: "float", dimensions: 1 });
  const { apiKey, refuse } = service;
  return {
    ...service,
    countTokens: tokensOf,
    rerank: defineRerankPart(
      {
        path: "/v1/rerank",
        model: "plain-rank-1",
        topN: "top_n",
        fields: { truncation: [true, false] },
        texts: { field: "documents", limits, truncates: ({ truncation }) => truncation === true },
        respond: (results, tokens, { texts }) => ({
          headers: { "x-request-id": `request-of-${texts.length}` },
          body: { results, usage: { total_tokens: tokens } },
        }),
      },
      { keyHeaders: { authorization: `Bearer ${apiKey}` }, refuse },
    ),
  };
}
