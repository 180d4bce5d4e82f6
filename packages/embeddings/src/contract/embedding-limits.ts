import { checkCount, checkNames, type NamesOf } from "@llx/support";
import { checkObject } from "../support/check-object.ts";

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

const names: NamesOf<EmbeddingLimits> = {
  inputs: true,
  charactersPerInput: true,
  characters: true,
  tokensPerInput: true,
  tokens: true,
  bytesPerInput: true,
  bytes: true,
};

/** The names of all limits. */
export const limitNames = Object.keys(names) as readonly (keyof EmbeddingLimits)[];

/** @throws TypeError or RangeError for a limit that is not a whole number from 1 */
export function checkLimits(limits: EmbeddingLimits): void {
  checkObject("limits", limits);
  for (const name of limitNames) {
    const value: unknown = limits[name];
    if (value === undefined && name !== "inputs") continue;
    checkCount(`limits.${name}`, value);
  }
}

/**
 * The declared limits with others in place of some.
 *
 * @throws TypeError or RangeError for an unknown limit, and for one that is not a whole number from 1
 */
export function withLimits(
  declared: EmbeddingLimits,
  given: Partial<EmbeddingLimits> | undefined,
): EmbeddingLimits {
  if (given === undefined) return declared;
  checkObject("limits", given);
  checkNames(given, names, undefined, "limits.");
  const limits = { ...declared };
  for (const name of limitNames) if (given[name] !== undefined) limits[name] = given[name];
  checkLimits(limits);
  return limits;
}
