import { describeKind } from "@llx/support";

/** @throws TypeError or RangeError that states the kind of value given and the values allowed */
export function checkTimeout(value: unknown): asserts value is number {
  check("timeout", value, (number) => number > 0, "more than 0 milliseconds, or Infinity for no limit");
}

/** @throws TypeError or RangeError that states the kind of value given and the values allowed */
export function checkAttempt(value: unknown): asserts value is number | undefined {
  if (value !== undefined) check("attempt", value, isCount, "a whole number from 1");
}

/** @throws TypeError or RangeError that states the kind of value given and the values allowed */
export function checkMaxBytes(value: unknown): asserts value is number | undefined {
  if (value === undefined || value === Number.POSITIVE_INFINITY) return;
  check("maxBytes", value, isCount, "a whole number from 1, or Infinity for no limit");
}

/** @throws TypeError or RangeError that states the kind of value given and the values allowed */
export function checkKeepAliveThreshold(value: unknown): asserts value is number | undefined {
  if (value === undefined) return;
  check(
    "keepAliveTimeoutThreshold",
    value,
    (number) => number >= 0 && number < Number.POSITIVE_INFINITY,
    "milliseconds from 0",
  );
}

/** Never shows a string: it may be a secret that was passed by mistake. */
function check(
  name: string,
  value: unknown,
  isAllowed: (number: number) => boolean,
  allowed: string,
): asserts value is number {
  if (typeof value !== "number")
    throw new TypeError(`${name} must be ${allowed}, not ${describeKind(value)}`);
  if (!isAllowed(value)) throw new RangeError(`${name} must be ${allowed}, not ${value}`);
}

function isCount(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 1;
}
