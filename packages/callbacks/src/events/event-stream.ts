import { describeKind, isObject } from "@llx/support";
import type { EventContext } from "../contract/event-context.ts";
import type { EventType } from "../contract/event-type.ts";

/** An async iterable, or a function that makes one when the first item is asked for. */
export type StreamSource<T extends EventType, C> =
  | AsyncIterable<C>
  | ((event: EventContext<T>) => AsyncIterable<C>);

/** What a stream runs inside: an event, or a trace. */
export interface StreamScope {
  /** The wait for handlers at the start, if any. */
  ready(): Promise<void> | undefined;
  run<R>(body: () => R): R;
  /** Passes a chunk to the handlers, and waits for those that must be awaited. */
  passChunk<C>(chunk: C): Promise<C>;
  onEnd(): void;
  fail(error: unknown): void;
}

interface Open<S, C, R, N> {
  readonly scope: S;
  readonly items: AsyncIterator<C, R, N | undefined>;
}

/**
 * An async iterator inside an event or a trace. Its context is entered again for each item: a generator runs in the
 * context of the caller of `next()`, not in that of its creator.
 */
export class EventStream<S extends StreamScope, C, R = unknown, N = unknown> implements AsyncGenerator<
  C,
  R | undefined,
  N
> {
  readonly #source: AsyncIterable<C, R, N | undefined> | ((scope: S) => AsyncIterable<C, R, N | undefined>);
  readonly #start: () => S;
  #opening: Promise<Open<S, C, R, N>> | undefined;
  #ended = false;

  constructor(
    source: AsyncIterable<C, R, N | undefined> | ((scope: S) => AsyncIterable<C, R, N | undefined>),
    start: () => S,
  ) {
    this.#source = source;
    this.#start = start;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(...given: [] | [N | undefined]): Promise<IteratorResult<C, R | undefined>> {
    if (this.#ended) return { done: true, value: undefined };
    const open = await (this.#opening ??= this.#open());
    return this.#step(open, (items) => items.next(...given));
  }

  /** The consumer stops: the source is closed, and the event ends as `"ok"`. */
  async return(value?: R | PromiseLike<R>): Promise<IteratorResult<C, R | undefined>> {
    const open = this.#ended ? undefined : await this.#opening;
    const isUnread = !this.#ended && open === undefined;
    this.#ended = true;
    if (open !== undefined) {
      return this.#step(
        open,
        async (items) => (await items.return?.(value)) ?? { done: true, value: await value },
      );
    }
    // No item was requested: an existing source is closed nevertheless.
    if (isUnread && typeof this.#source !== "function") await this.#source[Symbol.asyncIterator]().return?.();
    return { done: true, value: await value };
  }

  /** The source may catch the error and go on; a source without `throw` is closed. */
  async throw(error: unknown): Promise<IteratorResult<C, R | undefined>> {
    const open = this.#ended ? undefined : await this.#opening;
    this.#ended = true;
    if (open === undefined) throw error;
    return this.#step(open, async (items) => {
      if (items.throw) return items.throw(error);
      await items.return?.();
      throw error;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Starts the event, and opens the source in it after the handlers that may raise errors. */
  async #open(): Promise<Open<S, C, R, N>> {
    const scope = this.#start();
    try {
      await scope.ready();
      return scope.run(() => {
        const source = typeof this.#source === "function" ? this.#source(scope) : this.#source;
        if (!isAsyncIterable(source)) {
          throw new TypeError(
            "a stream takes an async iterable, or a function that returns one, such as an async function*, not " +
              describeKind(source),
          );
        }
        return { scope, items: source[Symbol.asyncIterator]() };
      });
    } catch (error) {
      this.#ended = true;
      scope.fail(error);
      throw error;
    }
  }

  /** One call of the source inside the event, which ends with the source. */
  async #step(
    { scope, items }: Open<S, C, R, N>,
    call: (items: AsyncIterator<C, R, N | undefined>) => Promise<IteratorResult<C, R | undefined>>,
  ): Promise<IteratorResult<C, R | undefined>> {
    try {
      const result = await scope.run(() => call(items));
      if (!result.done) {
        // A generator may yield again after return() or throw().
        this.#ended = false;
        return { done: false, value: await this.#pass(result.value, scope, items) };
      }
      this.#ended = true;
      scope.onEnd();
      return result;
    } catch (error) {
      this.#ended = true;
      scope.fail(error);
      throw error;
    }
  }

  /** Passes a chunk to the handlers. When one of them stops the work, the source is closed. */
  async #pass(chunk: C, scope: S, items: AsyncIterator<C, R, N | undefined>): Promise<C> {
    try {
      return await scope.passChunk(chunk);
    } catch (error) {
      await scope.run(() => items.return?.());
      throw error;
    }
  }
}

function isAsyncIterable(value: unknown): boolean {
  return isObject(value) && typeof Reflect.get(value, Symbol.asyncIterator) === "function";
}
