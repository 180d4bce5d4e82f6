import { checkFunction, checkString, describe, refusePromise } from "@llx/support";
import { CleanUps } from "./clean-ups.ts";
import { aggregateError } from "./failures.ts";

/** Something that holds resources and can release them. */
export interface AsyncClosable extends AsyncDisposable {
  /** Releases its resources. Closing twice is safe: all callers wait for the same closing. */
  aclose(): Promise<void>;
  /** Whether closing has begun. */
  readonly closed: boolean;
}

/** What can be closed: by `aclose()` if it has that, otherwise as a disposable. */
export type Closable = Pick<AsyncClosable, "aclose"> | AsyncDisposable | Disposable;

/**
 * Implements {@link AsyncClosable} for a class: keep one in a field, and let the class's own methods call it.
 *
 * @example
 * ```ts
 * class Store implements AsyncClosable {
 *   readonly #closing = new Closing("store", () => void this.#lines.splice(0));
 *   readonly #lines: string[] = [];
 *   get closed() { return this.#closing.closed; }
 *   aclose() { return this.#closing.aclose(); }
 *   [Symbol.asyncDispose]() { return this.aclose(); }
 *   add(line: string) { this.#closing.throwIfClosed(); this.#lines.push(line); }
 * }
 * ```
 */
export class Closing {
  readonly #what: string;
  readonly #close: () => void | PromiseLike<void>;
  #closing: Promise<void> | undefined;

  /**
   * @param what names the class in messages
   * @throws TypeError for arguments of another kind
   */
  constructor(what: string, close: () => void | PromiseLike<void>) {
    checkString("the first argument of Closing", what);
    checkFunction("the second argument of Closing", close);
    this.#what = what;
    this.#close = close;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  aclose(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    // Closed before `close` is called, which may call this again.
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closing = promise;
    resolve((async () => this.#close())());
    return promise;
  }

  /** @throws Error that says what is closed */
  throwIfClosed(): void {
    if (this.closed) throw new Error(`${this.#what} is closed; make a new one`);
  }
}

/**
 * Closes all, last first, one after another; a failure does not keep the others open.
 *
 * @throws TypeError with the index of an item that cannot be closed, before anything is closed; the error of the one that failed to
 *   close; an `AggregateError` of several, whose message names them
 *
 * @example
 * ```ts
 * await closeAll([pool, cache, server]); // the server, then the cache, then the pool
 * ```
 */
export async function closeAll(closables: Iterable<Closable>): Promise<void> {
  if (typeof closables !== "object" || closables === null || !(Symbol.iterator in closables)) {
    throw new TypeError(`closeAll needs an iterable of closables, not ${describe(closables)}`);
  }
  const instead = "; what ends in another way: { aclose: async () => it.close() }";
  const closers = Array.from(closables, (closable, index) =>
    closerOf(closable, `closables[${index}]`, instead),
  );
  const cleanUps = new CleanUps();
  for (const [index, close] of closers.entries()) cleanUps.add(`closables[${index}]`, close);
  const failures = await cleanUps.run(Number.POSITIVE_INFINITY);
  if (failures.length > 0) throw aggregateError(failures);
}

/**
 * Returns how to close something.
 *
 * @param instead what to do with something else, for the message
 * @throws TypeError with its name if it cannot be closed, such as a promise that is not awaited
 */
export function closerOf(closable: unknown, name: string, instead = ""): () => unknown {
  if ((typeof closable === "object" && closable !== null) || typeof closable === "function") {
    for (const key of ["aclose", Symbol.asyncDispose, Symbol.dispose]) {
      const method: unknown = Reflect.get(closable, key);
      if (typeof method === "function") return () => Reflect.apply(method, closable, []) as unknown;
    }
  }
  refusePromise(name, closable, "is a promise; await it first");
  throw new TypeError(
    `${name} must have aclose(), [Symbol.asyncDispose]() or [Symbol.dispose](), not be ${describe(closable)}${instead}`,
  );
}
