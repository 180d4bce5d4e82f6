import { describe, refusePromise } from "@llx/support";
import type { Dispatcher } from "../delivery/dispatcher.ts";

/** Which traces are recorded: a share from 0 to 1, or a function that decides for each. */
export type Sample = number | ((trace: { readonly name: string }) => boolean);

/** @throws RangeError for a share that is none; TypeError for what is neither a share nor a function */
export function checkSample(sample: Sample | undefined): void {
  const isNumber = typeof sample === "number";
  if (isNumber ? sample >= 0 && sample <= 1 : sample === undefined || typeof sample === "function") return;
  const message = `sample must be a share from 0 to 1 or a function, not ${describe(sample)}`;
  throw isNumber ? new RangeError(message) : new TypeError(message);
}

/** Decides for a new trace. A function that fails is reported, and its trace is not recorded. */
export function isSampled(
  sample: Sample | undefined,
  name: string,
  dispatcher: Pick<Dispatcher, "report">,
): boolean {
  if (sample === undefined) return true;
  if (typeof sample === "number") return Math.random() < sample;
  try {
    return refusePromise("sample", sample({ name }));
  } catch (error) {
    dispatcher.report(error, { name: "CallbackManager" }, "sample");
    return false;
  }
}
