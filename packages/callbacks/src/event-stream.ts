import type { EventContext } from "./event-context.ts";
import type { EventType } from "./event-type.ts";

/** An async iterable, or a function that makes one when the first item is asked for. */
export type StreamSource<T extends EventType, C> =
  | AsyncIterable<C>
  | ((event: EventContext<T>) => AsyncIterable<C>);

/**
 * An async iterator inside an event. The event's context is entered anew for each item: a generator runs in
 * the context of whoever asks it for the next item, not in that of its maker.
 */
export class EventStream<T extends EventType, C> implements AsyncIterableIterator<C>, AsyncDisposable {
  readonly #source: StreamSource<T, C>;
  readonly #start: () => EventContext<T>;
  #open: { readonly event: EventContext<T>; readonly items: AsyncIterator<C> } | undefined;
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
    const event = this.#open?.event ?? this.#start();
    try {
      this.#open ??= event.run(() => {
        const source = typeof this.#source === "function" ? this.#source(event) : this.#source;
        return { event, items: source[Symbol.asyncIterator]() };
      });
      const { items } = this.#open;
      const result = await event.run(() => items.next());
      if (result.done) {
        this.#ended = true;
        event.onEnd();
      } else {
        event.chunk(result.value);
      }
      return result;
    } catch (error) {
      this.#ended = true;
      event.fail(error);
      throw error;
    }
  }

  /** The consumer leaves: the source is closed, and the event ends well. */
  async return(): Promise<IteratorResult<C>> {
    if (!this.#ended) {
      this.#ended = true;
      if (this.#open) {
        const { event, items } = this.#open;
        try {
          await event.run(() => items.return?.());
        } catch (error) {
          event.fail(error);
          throw error;
        }
        event.onEnd();
      }
    }
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<C>> {
    if (!this.#ended) {
      this.#ended = true;
      const open = this.#open;
      try {
        await open?.event.run(() => open.items.throw?.(error));
      } finally {
        open?.event.fail(error);
      }
    }
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
