import { describe, isIterable } from "@llx/support";
import type { Inputs } from "./job.ts";

/** Opened inputs, sync or async. */
export type InputIterator<I> = Iterator<I> | AsyncIterator<I>;

/** Opens inputs; as async ones if they are both. */
export function openInputs<I>(inputs: Inputs<I>): InputIterator<I> {
  const iterable = inputs as Partial<AsyncIterable<I>> & Iterable<I>;
  return iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]();
}

/** @throws TypeError for what is not iterable, and for a string, because its characters are hardly meant as inputs */
export function checkInputs(inputs: unknown): asserts inputs is Inputs<unknown> {
  if (!isIterable(inputs)) {
    throw new TypeError(`the inputs must be an iterable or an async iterable, not ${describe(inputs)}`);
  }
}

/** The number of inputs, if known. */
export function sizeOf(inputs: object): number | undefined {
  if (Array.isArray(inputs)) return inputs.length;
  return inputs instanceof Set || inputs instanceof Map ? inputs.size : undefined;
}
