import { isObject } from "./is-object.ts";

/** Whether it is an iterable or async iterable object: a string is none. */
export function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return isObject(value) && (Symbol.iterator in value || Symbol.asyncIterator in value);
}
