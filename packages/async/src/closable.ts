/** Something that holds resources and can give them back. */
export interface AsyncClosable extends AsyncDisposable {
  /** Frees what it holds. Closing twice does no harm: all callers wait for one closing. */
  aclose(): Promise<void>;
  /** Whether closing has begun. */
  readonly closed: boolean;
}

/**
 * Does for a class what {@link AsyncClosable} asks for: keep one, and let the class's own methods call it.
 *
 * @example
 * ```ts
 * class Store implements AsyncClosable {
 *   readonly #closing = new Closing("store", () => this.#pool.end());
 *   get closed() { return this.#closing.closed; }
 *   aclose() { return this.#closing.aclose(); }
 *   [Symbol.asyncDispose]() { return this.aclose(); }
 *   read() { this.#closing.throwIfClosed(); … }
 * }
 * ```
 */
export class Closing {
  readonly #what: string;
  readonly #close: () => void | PromiseLike<void>;
  #closing: Promise<void> | undefined;

  /** @param what names the thing in messages */
  constructor(what: string, close: () => void | PromiseLike<void>) {
    this.#what = what;
    this.#close = close;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  aclose(): Promise<void> {
    return (this.#closing ??= (async () => this.#close())());
  }

  /** @throws Error that says what was closed */
  throwIfClosed(): void {
    if (this.closed) throw new Error(`${this.#what} is closed; make a new one`);
  }
}
