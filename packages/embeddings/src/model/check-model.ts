import { RateLimiter, streamJobs } from "@llx/async";
import {
  checkBoolean,
  checkCount,
  checkFunction,
  checkNames,
  describeKind,
  isObject,
  type NamesOf,
} from "@llx/support";
import { cacheOptions, type CacheOptions, type CacheStore } from "../contract/cache-options.ts";
import { checkDuration } from "./check-call.ts";
import { foreignNames } from "../support/foreign-names.ts";
import { checkObject } from "../support/check-object.ts";
import { type ElementType, layouts } from "../contract/element-type.ts";
import { limitNames } from "../contract/embedding-limits.ts";
import { checkLimits } from "../support/limits.ts";
import type { EmbeddingModelOptions, TruncateOptions } from "../contract/embedding-model-options.ts";
import type { EmbeddingProvider } from "../contract/embedding-provider.ts";

/** Options that every provider has. */
const commonOptions: NamesOf<EmbeddingModelOptions> = {
  workers: true,
  retry: true,
  rate: true,
  limits: true,
  timeout: true,
  maxBytes: true,
  truncate: true,
  allowZero: true,
  ownMemory: true,
  countTokens: true,
  budget: true,
  cache: true,
  callbackManager: true,
};

/** @throws TypeError or RangeError for an invalid declaration */
export function checkDeclaration(declared: EmbeddingProvider<ElementType>): void {
  checkObject("provider", declared);
  const { model, limits, dimensions, elementType, encoding, embed, countTokens, rateLimits } = declared;
  checkIdentity(declared);
  checkLimits(limits, limitNames, "inputs");
  if (countTokens !== undefined) checkFunction("countTokens", countTokens);
  if (rateLimits !== undefined) checkRate(rateLimits, "rateLimits");
  if (elementType !== undefined && !Object.hasOwn(layouts, elementType)) {
    const given: unknown = elementType;
    throw new TypeError(
      `elementType must be one of ${Object.keys(layouts).join(", ")}, not ${JSON.stringify(String(given).slice(0, 7))}`,
    );
  }
  const {
    dimensions: offered = [],
    maxDimensions,
    elementTypes,
    wireFormats = ["json"],
  } = declared.capabilities ?? {};
  if (encoding !== undefined && !wireFormats.includes(encoding)) {
    const choice = wireFormats.map((each) => JSON.stringify(each)).join(" or ");
    const given: unknown = encoding;
    throw new TypeError(`encoding must be ${choice}, not ${JSON.stringify(String(given).slice(0, 7))}`);
  }
  if (maxDimensions !== undefined && offered.length > 0) {
    throw new TypeError(
      `capabilities of ${model} have both dimensions (${offered.join(", ")}) and maxDimensions (${maxDimensions}): declare the ` +
        `numbers that it can have, or the most of a range`,
    );
  }
  if (dimensions !== undefined && maxDimensions !== undefined && dimensions > maxDimensions) {
    throw new RangeError(`dimensions must be at most ${maxDimensions} for ${model}, not ${dimensions}`);
  }
  if (dimensions !== undefined && offered.length > 0) {
    if (!offered.includes(dimensions))
      throw new RangeError(notOffered("dimensions", model, offered, dimensions));
  } else if (dimensions !== undefined) {
    checkCount("dimensions", dimensions);
  }
  if (elementTypes !== undefined && !elementTypes.includes(elementType ?? "float")) {
    throw new TypeError(notOffered("elementType", model, elementTypes, elementType));
  }
  checkFunction("embed", embed);
}

/** @throws TypeError for a provider or a model without a name */
export function checkIdentity({
  provider,
  model,
}: {
  readonly provider: string;
  readonly model: string;
}): void {
  for (const [name, value] of Object.entries({ provider, model })) {
    if (typeof value !== "string" || value === "")
      throw new TypeError(`${name} must be a string that is not empty, not ${describeKind(value)}`);
  }
}

function notOffered(name: string, model: string, offered: readonly unknown[], given: unknown): string {
  const choice = `${offered.length > 1 ? "one of " : ""}${offered.join(", ")}`;
  return `${name} of ${model} must be ${choice}, not ${JSON.stringify(given ?? "float").slice(0, 9)}`;
}

/** @throws TypeError or RangeError for invalid options, and for those that the provider does not support */
export function checkModelOptions(
  declared: EmbeddingProvider<ElementType>,
  options: EmbeddingModelOptions,
): void {
  checkOptionNames(options, declared.options ?? []);
  checkRequestOptions(options);
  const { truncate, cache, budget, allowZero } = options;
  checkBoolean("allowZero", allowZero);
  if (cache !== undefined && typeof cache !== "boolean") checkCache(cache, true);
  if (budget !== undefined && typeof budget?.open !== "function") {
    throw new TypeError(
      "budget must be a MoneyBudget of @llx/embeddings/costs, or an object with its method open",
    );
  }
  if (truncate !== undefined && truncate !== false) checkTruncate(declared, options);
}

function checkTruncate(declared: EmbeddingProvider<ElementType>, options: EmbeddingModelOptions): void {
  const { provider, model, capabilities } = declared;
  const { truncate } = options;
  if (truncate === true) {
    if (capabilities?.truncation) return;
    throw new TypeError(
      `${provider} does not cut texts that are too long: use truncate: { tokens }, or leave it out and cut them yourself`,
    );
  }
  if (typeof truncate !== "object" || truncate === null) {
    throw new TypeError(`truncate must be true, false or { tokens }, not ${describeKind(truncate)}`);
  }
  checkNames(truncate, { tokens: true } satisfies NamesOf<TruncateOptions>, undefined, "truncate.");
  checkCounter("truncate: { tokens }", model, options.countTokens ?? declared.countTokens);
  const { tokensPerInput, tokens } = { ...declared.limits, ...options.limits };
  checkCount("truncate.tokens", truncate.tokens, 1, Math.min(tokensPerInput ?? Infinity, tokens ?? Infinity));
}

/** @throws TypeError without a function that counts tokens, which an option needs */
export function checkCounter(option: string, model: string, countTokens: unknown): void {
  if (countTokens !== undefined) return;
  throw new TypeError(
    `${option} needs the option countTokens, as the tokens of ${model} are only estimated: a function that counts the tokens ` +
      "of a text",
  );
}

/** The options that decide how requests are sent. */
export type RequestOptions = Pick<
  EmbeddingModelOptions,
  "workers" | "retry" | "rate" | "timeout" | "maxBytes" | "countTokens" | "callbackManager"
>;

/** @throws TypeError or RangeError for one that is invalid; the numbers of a `rate` are checked by its limiter */
export function checkRequestOptions(options: RequestOptions): void {
  const { workers, retry, rate, timeout, maxBytes, countTokens, callbackManager } = options;
  if (rate !== undefined && rate !== false && !(rate instanceof RateLimiter)) checkRate(rate);
  // Jobs check their own options, but a stream that is not read starts none.
  void streamJobs([], { workers, retry, callbackManager });
  if (timeout !== undefined) checkDuration("timeout", timeout);
  if (maxBytes !== undefined && maxBytes !== Infinity) checkCount("maxBytes", maxBytes);
  if (countTokens !== undefined) checkFunction("countTokens", countTokens);
}

/** Here, as a limiter knows nothing of an option `rate`. */
function checkRate(rate: unknown, name: "rate" | "rateLimits" = "rate"): void {
  if (typeof rate !== "object" || rate === null) {
    const isOption = name === "rate";
    const others = isOption ? ", a RateLimiter or false" : "";
    const hint = isOption && typeof rate === "function" ? "; make one: new RateLimiter({ … })" : "";
    throw new TypeError(
      `${name} must be { requests, tokens, inputs }${others}, not ${describeKind(rate)}${hint}`,
    );
  }
  const budgets = { requests: true, tokens: true, inputs: true } as const;
  const within = `it is ${name}: { requests: { limit, interval } }`;
  const perMinute = (budget: string): string => `pass ${name}: { ${budget}: { limit, interval: 60_000 } }`;
  const foreign = {
    limit: within,
    interval: within,
    requestsPerMinute: perMinute("requests"),
    rpm: perMinute("requests"),
    tokensPerMinute: perMinute("tokens"),
    tpm: perMinute("tokens"),
  };
  checkNames(rate, budgets, foreign, `${name}.`);
  if (Object.values(rate).every((value) => value === undefined)) {
    throw new TypeError(`${name} must have requests, tokens or inputs, not none of them`);
  }
  for (const [budget, value] of Object.entries(rate)) {
    if (value !== undefined && !isObject(value)) {
      const some = typeof value === "number" ? value : 500;
      throw new TypeError(
        `${name}.${budget} must be { limit, interval }, such as { limit: ${some}, interval: 60_000 } for ${some} a minute, ` +
          `not ${describeKind(value)}`,
      );
    }
  }
}

/**
 * For providers, which call it before they read a key: a wrong name is a better reason than a missing key.
 *
 * @param own the names of the provider's own options
 * @throws TypeError for an option that neither the provider nor all models have; for options that are not an object
 */
export function checkOptionNames(options: object, own: readonly string[]): void {
  checkNamesOf(options, own, commonOptions);
}

/** @throws TypeError for an option that neither the provider nor all models have */
export function checkNamesOf(
  options: object,
  own: readonly string[],
  common: Readonly<Record<string, true>>,
  foreign: Readonly<Record<string, string>> = foreignNames,
): void {
  const ownNames = Object.fromEntries(own.map((name) => [name, true] as const));
  checkNames(options, { ...ownNames, ...common }, foreign);
}

const cacheNames: NamesOf<CacheOptions> = { store: true, format: true, timeout: true, onError: true };

/**
 * @param mayBeTrue whether `true` is a cache in memory
 * @throws TypeError or RangeError for what is neither a store nor the options of a cache
 */
export function checkCache(cache: CacheStore | CacheOptions, mayBeTrue = false): void {
  // Options have no tag; a store, such as a Map, may have one.
  const isMeant =
    isObject(cache) && !Array.isArray(cache) && ("get" in cache || !(Symbol.toStringTag in cache));
  if (!isMeant) throw notACache(cache, mayBeTrue);
  const options = cacheOptions(cache);
  // Not the store itself, which has methods of its own.
  if (options === cache) checkNames(options, cacheNames, undefined, "cache.");
  const { store, format, timeout, onError } = options;
  const isStore = typeof store?.get === "function" && typeof store.set === "function";
  // Keys are strings, which a WeakMap refuses.
  if (!isStore || store instanceof WeakMap) {
    if (options !== cache || !("store" in options)) throw notACache(cache, mayBeTrue);
    throw new TypeError(
      `cache.store must have get and set, as new Map() and a Keyv do, not ${describeKind(store)}`,
    );
  }
  if (format !== undefined && format !== "base64" && format !== "bytes") {
    throw new TypeError(`cache.format must be "base64" or "bytes", not ${JSON.stringify(format)}`);
  }
  if (timeout !== undefined) checkDuration("cache.timeout", timeout);
  if (onError !== undefined) checkFunction("cache.onError", onError);
}

function notACache(cache: unknown, mayBeTrue: boolean): TypeError {
  return new TypeError(
    `cache must be ${mayBeTrue ? "true, " : ""}a store with get and set (new Map(), a Keyv), memoryStore(), or { store, … }, not ` +
      describeKind(cache),
  );
}
