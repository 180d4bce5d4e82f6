import type { Inputs } from "./job.ts";

/** The next input and its place among all. */
interface Pulled<I> {
  readonly item: I;
  readonly index: number;
}

/** Takes inputs one at a time; `undefined` when there are no more. */
export interface Pull<I> {
  next(): Pulled<I> | undefined | Promise<Pulled<I> | undefined>;
  /** Tells the source that no more will be taken. */
  close(): Promise<void>;
}

export function pullFrom<I>(inputs: Inputs<I>): Pull<I> {
  return Symbol.asyncIterator in inputs
    ? new AsyncPull(inputs[Symbol.asyncIterator]())
    : new SyncPull(inputs[Symbol.iterator]());
}

class SyncPull<I> implements Pull<I> {
  readonly #iterator: Iterator<I>;
  #index = 0;
  #done = false;

  constructor(iterator: Iterator<I>) {
    this.#iterator = iterator;
  }

  next(): Pulled<I> | undefined {
    if (this.#done) return undefined;
    try {
      const { done, value } = this.#iterator.next();
      if (!done) return { item: value, index: this.#index++ };
    } catch (error) {
      this.#done = true;
      throw error;
    }
    this.#done = true;
    return undefined;
  }

  async close(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    this.#iterator.return?.();
  }
}

class AsyncPull<I> implements Pull<I> {
  readonly #iterator: AsyncIterator<I>;
  /** One pull at a time: not every iterator bears more. */
  #last: Promise<unknown> = Promise.resolve();
  #index = 0;
  #done = false;

  constructor(iterator: AsyncIterator<I>) {
    this.#iterator = iterator;
  }

  next(): Promise<Pulled<I> | undefined> {
    const pulled = this.#last.then(() => this.#take());
    this.#last = pulled.catch(() => {});
    return pulled;
  }

  async close(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    await this.#iterator.return?.();
  }

  async #take(): Promise<Pulled<I> | undefined> {
    if (this.#done) return undefined;
    try {
      const { done, value } = await this.#iterator.next();
      if (!done) return { item: value, index: this.#index++ };
    } catch (error) {
      this.#done = true;
      throw error;
    }
    this.#done = true;
    return undefined;
  }
}
