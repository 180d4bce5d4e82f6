import type { SettleOption } from "@llx/async";
import {
  checkBoolean,
  checkCount,
  checkManager,
  checkMilliseconds,
  checkNames,
  checkSignal,
  checkString,
  describeKind,
  isIterable,
  type NamesOf,
} from "@llx/support";
import type {
  CloseOptions,
  EmbedBatchOptions,
  EmbeddingCapabilities,
  EmbeddingModel,
  EmbedOptions,
  EmbedStreamOptions,
  InputType,
} from "../contract/embedding-model.ts";
import type { EstimateOptions } from "../contract/estimate.ts";
import { foreignNames } from "../support/foreign-names.ts";
import type { ElementType } from "../contract/element-type.ts";

/** The options of all calls with many texts. */
const names: NamesOf<EmbedBatchOptions & EmbedStreamOptions & SettleOption> = {
  signal: true,
  totalTimeout: true,
  callbackManager: true,
  inputType: true,
  workers: true,
  settle: true,
  bisect: true,
  showProgress: true,
  desc: true,
  buffer: true,
};

/**
 * Checks what the jobs of a call do not check themselves.
 *
 * @throws TypeError or RangeError with the value given and the values allowed
 */
export function checkCallOptions(
  model: Pick<EmbeddingModel<ElementType>, "provider" | "capabilities">,
  options: EmbedBatchOptions & EmbedStreamOptions & { readonly settle?: boolean | undefined },
): void {
  checkCommonOptions(options, names, { ...foreignNames, progress: "it is called showProgress" });
  const { inputType, workers, bisect, settle, desc } = options;
  if (workers !== undefined) checkCount("workers", workers);
  checkBoolean("settle", settle);
  checkBoolean("bisect", bisect);
  checkString("desc", desc);
  if (bisect && !settle) throw new TypeError("bisect needs settle: true, as the first failure ends the call");
  if (inputType !== undefined) checkInputType(model, inputType);
}

/** @throws TypeError for what has no effect on a batch */
export function checkBatchOptions(options: { readonly buffer?: unknown }): void {
  if (options.buffer !== undefined) {
    throw new TypeError("a batch has no buffer, as it returns all results at once: use streamTextEmbeddings");
  }
}

/** @throws TypeError for what a stream cannot do, and would leave out silently */
export function checkStreamOptions(options: { readonly showProgress?: unknown }): void {
  if (options.showProgress) {
    throw new TypeError(
      "a stream has no showProgress, as it does not know how many texts there are: use startProgress of @llx/async",
    );
  }
}

const singleNames: NamesOf<EmbedOptions> = { signal: true, totalTimeout: true, callbackManager: true };

/** With one text, these would be ignored, or change what the call returns. */
const foreignInSingle: Readonly<Record<string, string>> = {
  ...foreignNames,
  settle: "only calls with many texts have it",
  inputType: "getTextEmbedding embeds a document, getQueryEmbedding a query",
};

/**
 * Checks the options of a call with one text.
 *
 * @throws TypeError or RangeError with the value given and the values allowed
 */
export function checkSingleOptions(options: EmbedOptions): void {
  checkCommonOptions(options, singleNames, foreignInSingle);
}

/**
 * Checks the options that calls of every kind have.
 *
 * @param known the names of all options of the call
 * @param foreign those that it does not have, each with a hint
 * @throws TypeError or RangeError with the value given and the values allowed
 */
export function checkCommonOptions(
  options: EmbedOptions,
  known: Readonly<Record<string, true>>,
  foreign: Readonly<Record<string, string>> = foreignNames,
): void {
  checkNames(options, known, foreign);
  const { signal, totalTimeout, callbackManager } = options;
  checkManager(callbackManager);
  checkSignal(signal);
  if (totalTimeout !== undefined) checkDuration("totalTimeout", totalTimeout);
}

const estimateNames: NamesOf<EstimateOptions> = {
  signal: true,
  inputType: true,
  workers: true,
  settle: true,
  prices: true,
  latency: true,
};

/** @throws TypeError or RangeError with the value given and the values allowed; prices are checked where they are used */
export function checkEstimateOptions(
  model: Pick<EmbeddingModel<ElementType>, "provider" | "capabilities">,
  options: EstimateOptions,
): void {
  checkCommonOptions(options, estimateNames);
  const { signal, inputType, workers, settle, latency } = options;
  checkCallOptions(model, { signal, inputType, workers, settle });
  if (latency !== undefined) checkMilliseconds("latency", latency);
}

const closeNames: NamesOf<CloseOptions> = { abort: true };

/** @throws TypeError for an unknown option */
export function checkCloseOptions(options: CloseOptions): void {
  checkNames(options, closeNames);
  checkBoolean("abort", options.abort);
}

/** @throws TypeError for a source that is not iterable */
export function checkTexts(texts: unknown): void {
  if (!isIterable(texts)) {
    throw new TypeError(
      `texts must be an array, or another iterable or async iterable of strings, not ${describeKind(texts)}`,
    );
  }
}

/** A model, as far as its input types are concerned. */
interface TypedInputs {
  readonly provider: string;
  readonly capabilities: Pick<EmbeddingCapabilities, "inputTypes">;
}

/** @throws TypeError or RangeError unless it is a number of milliseconds above 0 */
export function checkDuration(name: string, value: unknown): void {
  if (typeof value !== "number" || value > 0) checkMilliseconds(name, value);
  else throw new RangeError(`${name} must be more than 0 milliseconds, not ${value}`);
}

/**
 * Every model accepts documents and queries.
 *
 * @throws TypeError for an input type that the model does not have
 */
export function checkInputType({ provider, capabilities }: TypedInputs, inputType: InputType): void {
  const known = new Set<InputType>(["document", "query", ...capabilities.inputTypes]);
  if (known.has(inputType)) return;
  throw new TypeError(
    `${provider} has no input type ${JSON.stringify(inputType)}; it has ${[...known].join(", ")}`,
  );
}
