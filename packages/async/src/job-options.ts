import type { CallbackManager } from "@llx/callbacks";
import type { Progress } from "./progress.ts";

export interface JobOptions {
  /** How many jobs run at once. Default 4. */
  readonly workers?: number | undefined;
  /** Its abort stops the call: nothing more is started, what runs is aborted and awaited. */
  readonly signal?: AbortSignal | undefined;
  /**
   * After a failure or an abort: how long to wait for jobs that ignore their signal, in milliseconds. Then
   * they are left behind, and a warning names them. Default 10,000; `Infinity` waits for ever.
   */
  readonly grace?: number | undefined;
  /** `true` shows a bar on stderr; or give a {@link Progress} of your own. */
  readonly showProgress?: boolean | Progress | undefined;
  /** Words beside the progress bar. */
  readonly desc?: string | undefined;
  /** How many inputs there are, where they cannot tell themselves. */
  readonly total?: number | undefined;
  /** Is told of an `async_job` event for each job. Default: the manager of the current trace. */
  readonly callbackManager?: CallbackManager | undefined;
}

export interface SettleOption {
  /** `true`: a failure stops nothing, and each outcome stands at its input's place. */
  readonly settle: true;
}

export const defaultWorkers = 4;
export const defaultGrace = 10_000;

/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkCount(name: string, value: unknown, least = 1): asserts value is number {
  if (typeof value !== "number") {
    throw new TypeError(`${name} must be a number, not ${describe(value)}`);
  }
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be a whole number from ${least}, not ${value}`);
  }
}

/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkMilliseconds(name: string, value: unknown): asserts value is number {
  if (typeof value !== "number") {
    throw new TypeError(`${name} must be a number of milliseconds, not ${describe(value)}`);
  }
  if (!(value >= 0)) throw new RangeError(`${name} must be 0 or more milliseconds, not ${value}`);
}

/** A value as an error message shows it: its kind, and itself where it is short. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `the string ${JSON.stringify(value.slice(0, 40))}`;
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : `an object (${value.constructor?.name ?? "no class"})`;
    case "undefined":
      return "undefined";
    default:
      return `${typeof value} ${String(value)}`;
  }
}
