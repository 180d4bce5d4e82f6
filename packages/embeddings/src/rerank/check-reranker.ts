import { checkBoolean, checkCount, checkFunction, type NamesOf } from "@llx/support";
import { checkCommonOptions } from "../model/check-call.ts";
import { checkIdentity, checkNamesOf, checkRequestOptions } from "../model/check-model.ts";
import { checkObject } from "../support/check-object.ts";
import { checkLimits } from "../support/limits.ts";
import { rerankLimitNames } from "./rerank-limits.ts";
import type { RerankProvider } from "./rerank-provider.ts";
import type { RerankOptions, RerankTruncation } from "./reranker.ts";
import type { RerankerOptions } from "./reranker-options.ts";

/** Options that every reranker has. */
const commonOptions: NamesOf<RerankerOptions> = {
  workers: true,
  retry: true,
  rate: true,
  limits: true,
  timeout: true,
  maxBytes: true,
  truncate: true,
  countTokens: true,
  callbackManager: true,
};

const callOptions: NamesOf<RerankOptions> = {
  topN: true,
  signal: true,
  totalTimeout: true,
  callbackManager: true,
};

const truncations: readonly RerankTruncation[] = ["never", "onRequest", "always"];

/** @throws TypeError or RangeError for an invalid declaration */
export function checkRerankProvider(declared: RerankProvider): void {
  checkObject("provider", declared);
  const { limits, truncation, rerank } = declared;
  checkIdentity(declared);
  checkLimits(limits, rerankLimitNames);
  if (truncation !== undefined && !truncations.includes(truncation)) {
    throw new TypeError(`truncation must be one of ${truncations.join(", ")}`);
  }
  checkFunction("rerank", rerank);
}

/**
 * For providers, which call it before they read a key: a wrong name is a better reason than a missing key.
 *
 * @param own the names of the provider's own options
 * @throws TypeError for an option that neither the provider nor all rerankers have; for options that are not an object
 */
export function checkOptionNames(options: object, own: readonly string[]): void {
  checkNamesOf(options, own, commonOptions);
}

/** @throws TypeError or RangeError for invalid options, and for those that the provider does not support */
export function checkRerankerOptions(
  { provider, truncation = "never", options: own = [] }: RerankProvider,
  options: RerankerOptions,
): void {
  checkOptionNames(options, own);
  checkRequestOptions(options);
  const { truncate = false } = options;
  checkBoolean("truncate", truncate);
  if (truncate && truncation === "never") {
    throw new TypeError(`${provider} does not cut texts that are too long: leave out truncate`);
  }
  if (!truncate && truncation === "always") {
    throw new TypeError(
      `${provider} cuts texts that are too long, and cannot be told not to: accept that with truncate: true`,
    );
  }
}

/** @throws TypeError or RangeError with the value given and the values allowed */
export function checkRerankOptions(options: RerankOptions): void {
  checkCommonOptions(options, callOptions);
  if (options.topN !== undefined) checkCount("topN", options.topN);
}
