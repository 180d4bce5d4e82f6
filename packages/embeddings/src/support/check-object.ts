import { describeKind, isObject } from "@llx/support";

/** @throws TypeError unless it is an object */
export function checkObject(name: string, value: unknown): void {
  if (!isObject(value)) throw new TypeError(`${name} must be an object, not ${describeKind(value)}`);
}
