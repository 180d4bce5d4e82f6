import { describeKind } from "@llx/support";

/** @throws TypeError unless it is an object */
export function checkOptions(value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`options must be an object, not ${describeKind(value)}`);
  }
}
