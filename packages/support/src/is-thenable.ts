import { isObject } from "./is-object.ts";

/** Whether a value is a promise or acts like one, as `await` sees it. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && "then" in value && typeof value.then === "function";
}
