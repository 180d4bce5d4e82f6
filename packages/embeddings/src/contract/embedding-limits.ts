import type { NamesOf } from "@llx/support";

/** The limits of one request to a provider. An absent limit means no limit. */
export interface EmbeddingLimits {
  /** Texts in one request. */
  readonly inputs: number;
  /** UTF-16 code units (`text.length`) in one text. */
  readonly charactersPerInput?: number | undefined;
  /** UTF-16 code units in all texts of a request together. */
  readonly characters?: number | undefined;
  /** Tokens in one text. */
  readonly tokensPerInput?: number | undefined;
  /** Tokens in all texts of a request together. */
  readonly tokens?: number | undefined;
  /** Bytes of UTF-8 in one text. */
  readonly bytesPerInput?: number | undefined;
  /** Bytes of UTF-8 in all texts of a request together. */
  readonly bytes?: number | undefined;
}

/** The names of all limits. */
export const limitNames: NamesOf<EmbeddingLimits> = {
  inputs: true,
  charactersPerInput: true,
  characters: true,
  tokensPerInput: true,
  tokens: true,
  bytesPerInput: true,
  bytes: true,
};
