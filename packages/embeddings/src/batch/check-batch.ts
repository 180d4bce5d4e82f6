import {
  checkBoolean,
  checkCount,
  checkFunction,
  checkNames,
  checkSignal,
  describeKind,
  type NamesOf,
} from "@llx/support";
import { streamJobs } from "@llx/async";
import type { ElementType } from "../contract/element-type.ts";
import { limitNames } from "../contract/embedding-limits.ts";
import { checkDuration } from "../model/check-call.ts";
import { checkCounter, checkIdentity, checkNamesOf } from "../model/check-model.ts";
import { checkObject } from "../support/check-object.ts";
import { foreignNames } from "../support/foreign-names.ts";
import { checkLimits } from "../support/limits.ts";
import type { BatchProvider } from "./batch-provider.ts";
import type { BatchCallOptions, BatchInput, BatchLimits } from "./batch-service.ts";
import type { BatchServiceOptions } from "./batch-service-options.ts";

const commonOptions: NamesOf<BatchServiceOptions> = {
  retry: true,
  limits: true,
  batchLimits: true,
  timeout: true,
  allowZero: true,
  countTokens: true,
};

const textLimitNames: NamesOf<NonNullable<BatchServiceOptions["limits"]>> = {
  charactersPerInput: true,
  tokensPerInput: true,
  bytesPerInput: true,
};

const ofOne = (name: keyof typeof textLimitNames): string =>
  `those of one text are limited by limits: { ${name} }`;
const textsOfBatch = "the texts of a batch are limited by batchLimits: { inputs }";
const requestLimits: Readonly<Record<string, string>> = {
  inputs: textsOfBatch,
  texts: textsOfBatch,
  bytes:
    "the bytes of a batch are limited by batchLimits: { bytes }, those of one text by limits: { bytesPerInput }",
  tokens: ofOne("tokensPerInput"),
  characters: ofOne("charactersPerInput"),
};

const calledInputs = "it is called batchLimits: { inputs }";
const foreignOptions = {
  ...foreignNames,
  batchSize: calledInputs,
  chunkSize: calledInputs,
  maxEmbeddingsPerCall: calledInputs,
  concurrency: "it is an option of embedBatchJob",
};

/** The names of the limits of a batch that are options. */
export const batchLimitNames: NamesOf<NonNullable<BatchServiceOptions["batchLimits"]>> = {
  inputs: true,
  bytes: true,
};
const foreignBatchLimits = { window: "it is the service that decides how long a batch may take" };

const callNames: NamesOf<BatchCallOptions & { checked: unknown }> = { signal: true, checked: true };

const functions = [
  "line",
  "upload",
  "findInput",
  "create",
  "find",
  "status",
  "lines",
  "readLine",
  "cancel",
  "remove",
] as const;

/** @throws TypeError or RangeError for an invalid declaration */
export function checkBatchProvider(declared: BatchProvider<ElementType>): void {
  checkObject("provider", declared);
  checkIdentity(declared);
  checkLimits(declared.limits, limitNames);
  checkObject("batchLimits", declared.batchLimits);
  for (const name of ["inputs", "bytes", "window"] as const) {
    checkCount(`batchLimits.${name}`, declared.batchLimits[name]);
  }
  for (const name of functions) checkFunction(name, declared[name]);
}

/**
 * For providers, which call it before they read a key: a wrong name is a better reason than a missing key.
 *
 * @param own the names of the provider's own options
 * @throws TypeError for an option that neither the provider nor all batch services have; for options that are not an object
 */
export function checkOptionNames(options: object, own: readonly string[]): void {
  checkNamesOf(options, own, commonOptions, foreignOptions);
}

/** @throws TypeError or RangeError for invalid options, and for those that the provider does not have */
export function checkServiceOptions(
  { options: own = [], provider, model, maxBatchLimits, ...declared }: BatchProvider<ElementType>,
  options: BatchServiceOptions,
): void {
  checkObject("options", options);
  checkOptionNames(options, own);
  const { retry, timeout, allowZero, countTokens, limits, batchLimits } = options;
  // It checks the options of retries, and starts nothing.
  void streamJobs([], { retry });
  if (timeout !== undefined) checkDuration("timeout", timeout);
  checkBoolean("allowZero", allowZero);
  if (countTokens !== undefined) checkFunction("countTokens", countTokens);
  if (limits !== undefined) {
    checkLimits(limits, textLimitNames, undefined, "limits", requestLimits);
    if (limits.tokensPerInput !== undefined) {
      checkCounter("limits.tokensPerInput", model, countTokens ?? declared.countTokens);
    }
  }
  if (batchLimits === undefined) return;
  checkLimits(batchLimits, batchLimitNames, undefined, "batchLimits", foreignBatchLimits);
  for (const name of Object.keys(batchLimitNames) as (keyof typeof batchLimitNames)[]) {
    const [given = 0, most = Number.POSITIVE_INFINITY] = [batchLimits[name], maxBatchLimits?.[name]];
    if (given <= most) continue;
    const [shown, limit] = [given, most].map((each) => each.toLocaleString("en-US"));
    throw new RangeError(
      `batchLimits.${name} must be ${limit} at most, which is the limit of ${provider} for one batch, not ${shown}`,
    );
  }
}

/** @throws TypeError for an invalid option of a call */
export function checkBatchCall(options: BatchCallOptions & { readonly checked?: boolean | undefined }): void {
  checkNames(options, callNames, foreignNames);
  checkSignal(options.signal);
  checkBoolean("checked", options.checked);
}

const nameForm = /^[\w-]{1,64}$/;

/** @throws TypeError for a name of a text or of an input that not every service accepts */
export function checkBatchName(what: string, name: unknown): asserts name is string {
  if (typeof name === "string" && nameForm.test(name)) return;
  const given = typeof name === "string" ? `one of ${name.length} characters` : describeKind(name);
  throw new TypeError(`${what} must be 1 to 64 letters, digits, "-" and "_", not ${given}`);
}

/** Whether it is a name that a line could have had. */
export function isBatchName(name: unknown): name is string {
  return typeof name === "string" && nameForm.test(name);
}

/** @throws TypeError or RangeError for an input that the service would refuse */
export function checkInput(input: BatchInput, { inputs, bytes }: BatchLimits): void {
  checkObject("input", input);
  checkBatchName("the name of an input", input.name);
  checkCount("texts", input.texts);
  checkCount("bytes", input.bytes);
  checkFunction("open", input.open);
  for (const [unit, given, most] of [
    ["texts", input.texts, inputs],
    ["bytes", input.bytes, bytes],
  ] as const) {
    if (given <= most) continue;
    throw new RangeError(
      `the input ${input.name} has ${given} ${unit}, and a batch takes at most ${most}; cut it into several`,
    );
  }
}

/** @throws TypeError for what is no id of a batch */
export function checkBatchId(batch: unknown): asserts batch is string {
  if (typeof batch === "string" && batch.trim() !== "") return;
  throw new TypeError(`batch must be the id of a batch, not ${describeKind(batch)}`);
}
