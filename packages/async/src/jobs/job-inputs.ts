import { describe } from "@llx/support";
import type { Inputs } from "./job.ts";

/** Takes inputs one at a time, and closes where they come from once. */
export class JobInputs<I> {
  readonly #iterator: Iterator<I> | AsyncIterator<I>;
  #done = false;

  constructor(inputs: Inputs<I>) {
    const iterable = inputs as Partial<AsyncIterable<I>> & Iterable<I>;
    this.#iterator = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]();
  }

  /** Whether there are no more: the source has ended, has failed, or was closed. */
  get done(): boolean {
    return this.#done;
  }

  /** The next result of the iterator, as it is. Never called again before a promise is settled. */
  next(): IteratorResult<I, unknown> | PromiseLike<IteratorResult<I, unknown>> {
    return this.#iterator.next();
  }

  /** The iterator has said that there are no more, or has failed. */
  end(): void {
    this.#done = true;
  }

  /** Tells the source that no more will be taken. */
  async close(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    await this.#iterator.return?.();
  }
}

/** @throws TypeError for what cannot be iterated over, and for a string: one text is hardly meant as many */
export function checkInputs(inputs: unknown): asserts inputs is Inputs<unknown> {
  const iterable =
    ((typeof inputs === "object" && inputs !== null) || typeof inputs === "function") &&
    (Symbol.iterator in inputs || Symbol.asyncIterator in inputs);
  if (!iterable) {
    throw new TypeError(`the inputs must be an iterable or an async iterable, not ${describe(inputs)}`);
  }
}

/** How many inputs there are, where they tell. */
export function sizeOf(inputs: object): number | undefined {
  if (Array.isArray(inputs)) return inputs.length;
  return inputs instanceof Set || inputs instanceof Map ? inputs.size : undefined;
}
