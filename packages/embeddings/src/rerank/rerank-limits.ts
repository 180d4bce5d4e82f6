import type { NamesOf } from "@llx/support";

/** The limits of one request to a reranker. An absent limit means no limit, or none that is documented. */
export interface RerankLimits {
  /** Texts in one request. */
  readonly inputs?: number | undefined;
  /** Tokens of the query. */
  readonly tokensPerQuery?: number | undefined;
  /** Tokens of one text. */
  readonly tokensPerInput?: number | undefined;
  /** Tokens of the query and one text together. */
  readonly tokensPerPair?: number | undefined;
  /** Tokens of a request, in which the query counts once for each text. */
  readonly tokens?: number | undefined;
}

/** The names of all limits. */
export const rerankLimitNames: NamesOf<RerankLimits> = {
  inputs: true,
  tokensPerQuery: true,
  tokensPerInput: true,
  tokensPerPair: true,
  tokens: true,
};
