import type { SettleOption } from "@llx/async";
import type {
  EmbedBatchOptions,
  EmbeddingModel,
  EmbedStreamOptions,
  InputType,
} from "../contract/embedding-model.ts";
import { checkNames } from "../support/check-names.ts";
import type { ElementType } from "../contract/element-type.ts";

/** What a call may be given; those of one kind of call do no harm in another. */
const names = Object.keys({
  signal: true,
  callTimeout: true,
  callbackManager: true,
  inputType: true,
  workers: true,
  settle: true,
  bisect: true,
  showProgress: true,
  buffer: true,
} satisfies Record<keyof (EmbedBatchOptions & EmbedStreamOptions & SettleOption), true>);

/**
 * Checks what the jobs of a call do not check themselves.
 *
 * @throws TypeError or RangeError that says what was given and what is allowed
 */
export function checkCallOptions(
  model: Pick<EmbeddingModel<ElementType>, "provider" | "capabilities">,
  options: EmbedBatchOptions & EmbedStreamOptions & { readonly settle?: boolean | undefined },
): void {
  checkNames(options, names);
  const { inputType, callTimeout, signal, workers, callbackManager, bisect, settle } = options;
  if (callbackManager !== undefined && typeof callbackManager?.event !== "function") {
    throw new TypeError(
      "callbackManager must be a CallbackManager; a handler goes into one: new CallbackManager({ handlers: [handler] })",
    );
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError("signal must be an AbortSignal");
  }
  if (workers !== undefined) checkWhole("workers", workers);
  if (bisect !== undefined && typeof bisect !== "boolean") {
    throw new TypeError(`bisect must be true or false, not of type ${typeof bisect}`);
  }
  if (bisect && !settle) throw new TypeError("bisect needs settle: true, as the first failure ends the call");
  if (callTimeout !== undefined) checkMilliseconds("callTimeout", callTimeout);
  if (inputType !== undefined) checkInputType(model, inputType);
}

/** @throws TypeError for what gives no texts */
export function checkTexts(texts: unknown): void {
  const isIterable =
    typeof texts === "object" &&
    texts !== null &&
    (Symbol.iterator in texts || Symbol.asyncIterator in texts);
  if (!isIterable) throw new TypeError("texts must be an iterable or an async iterable of strings");
}

/** @throws TypeError or RangeError for what is no number of milliseconds above 0 */
export function checkMilliseconds(name: string, value: unknown): void {
  if (typeof value !== "number")
    throw new TypeError(`${name} must be a number of milliseconds, not ${typeof value}`);
  if (!(value > 0)) throw new RangeError(`${name} must be more than 0 milliseconds, not ${value}`);
}

/** @throws TypeError or RangeError for what is no whole number from 1 */
export function checkWhole(name: string, value: unknown): void {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number, not ${typeof value}`);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name} must be a whole number from 1, not ${value}`);
  }
}

/** Texts to find and to be found are known everywhere. */
function checkInputType(
  { provider, capabilities }: Pick<EmbeddingModel<ElementType>, "provider" | "capabilities">,
  inputType: InputType,
): void {
  const known = new Set<InputType>(["document", "query", ...capabilities.inputTypes]);
  if (known.has(inputType)) return;
  throw new TypeError(
    `${provider} has no input type ${JSON.stringify(inputType)}; it has ${[...known].join(", ")}`,
  );
}
