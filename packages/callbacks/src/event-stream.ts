import type { EventContext } from "./event-context.ts";
import type { EventType } from "./event-type.ts";

/** An async iterable, or a function that makes one when the first item is asked for. */
export type StreamSource<T extends EventType, C> =
  | AsyncIterable<C>
  | ((event: EventContext<T>) => AsyncIterable<C>);

interface Open<T extends EventType, C> {
  readonly event: EventContext<T>;
  readonly items: AsyncIterator<C>;
}

/**
 * An async iterator inside an event. The event's context is entered anew for each item: a generator runs in
 * the context of whoever asks it for the next item, not in that of its maker.
 */
export class EventStream<T extends EventType, C> implements AsyncIterableIterator<C>, AsyncDisposable {
  readonly #source: StreamSource<T, C>;
  readonly #start: () => EventContext<T>;
  #opening: Promise<Open<T, C>> | undefined;
  #ended = false;

  constructor(source: StreamSource<T, C>, start: () => EventContext<T>) {
    this.#source = source;
    this.#start = start;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<C>> {
    if (this.#ended) return { done: true, value: undefined };
    const { event, items } = await (this.#opening ??= this.#open());
    try {
      const result = await event.run(() => items.next());
      if (!result.done) return { done: false, value: await this.#pass(result.value, event, items) };
      this.#ended = true;
      event.onEnd();
      return result;
    } catch (error) {
      this.#ended = true;
      event.fail(error);
      throw error;
    }
  }

  /** The consumer leaves: the source is closed, and the event ends well. */
  async return(): Promise<IteratorResult<C>> {
    if (this.#ended) return { done: true, value: undefined };
    const open = await this.#opening;
    this.#ended = true;
    if (open === undefined) {
      // Nobody has asked for an item: a source that is there already is closed all the same.
      if (typeof this.#source !== "function") await this.#source[Symbol.asyncIterator]().return?.();
    } else {
      try {
        await open.event.run(() => open.items.return?.());
      } catch (error) {
        open.event.fail(error);
        throw error;
      }
      open.event.onEnd();
    }
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<C>> {
    const open = this.#ended ? undefined : await this.#opening;
    this.#ended = true;
    try {
      await open?.event.run(() => (open.items.throw ? open.items.throw(error) : open.items.return?.()));
    } finally {
      open?.event.fail(error);
    }
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Starts the event, and opens the source in it when the handlers that may object have been heard. */
  async #open(): Promise<Open<T, C>> {
    const event = this.#start();
    try {
      await event.ready();
      return event.run(() => {
        const source = typeof this.#source === "function" ? this.#source(event) : this.#source;
        return { event, items: source[Symbol.asyncIterator]() };
      });
    } catch (error) {
      this.#ended = true;
      event.fail(error);
      throw error;
    }
  }

  /** Tells handlers of a piece. Where one of them stops the work, the source is closed. */
  async #pass(piece: C, event: EventContext<T>, items: AsyncIterator<C>): Promise<C> {
    try {
      return await event.pass(piece);
    } catch (error) {
      await event.run(() => items.return?.());
      throw error;
    }
  }
}
