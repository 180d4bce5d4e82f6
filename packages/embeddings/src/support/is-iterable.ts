import { isObject } from "@llx/support";

/** Whether it is an iterable or async iterable object: a string is none. */
export const isIterable = (value: unknown): boolean =>
  isObject(value) && (Symbol.iterator in value || Symbol.asyncIterator in value);
