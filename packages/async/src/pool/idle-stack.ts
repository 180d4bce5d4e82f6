import { timerDelay } from "@llx/support";

interface Idle<R> {
  readonly resource: R;
  /** When it is to go, by `performance.now()`. */
  readonly until: number;
}

/**
 * What is used by nobody at the moment, the last used on top. Those that lie too long fall out at the bottom: one
 * timer for all, which does not keep the process alive.
 */
export class IdleStack<R> {
  readonly #timeout: number;
  readonly #pool: { expire(resource: R): void };
  #stack: Idle<R>[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param timeout how long each may lie here, in milliseconds; `Infinity` is for ever */
  constructor(timeout: number, pool: { expire(resource: R): void }) {
    this.#timeout = timeout;
    this.#pool = pool;
  }

  get size(): number {
    return this.#stack.length;
  }

  push(resource: R): void {
    if (this.#timeout === Number.POSITIVE_INFINITY) {
      this.#stack.push({ resource, until: this.#timeout });
      return;
    }
    this.#stack.push({ resource, until: performance.now() + this.#timeout });
    if (this.#timer === undefined) this.#wake(this.#timeout);
  }

  /** The one used last. */
  pop(): { readonly resource: R } | undefined {
    const idle = this.#stack.pop();
    if (this.#stack.length === 0) this.#rest();
    return idle;
  }

  /** Takes all. */
  clear(): R[] {
    const all = this.#stack.map(({ resource }) => resource);
    this.#stack = [];
    this.#rest();
    return all;
  }

  #wake(milliseconds: number): void {
    this.#timer = setTimeout(this.#expire, timerDelay(milliseconds)).unref();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #expire = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    const staying = this.#stack.findIndex(({ until }) => until > now);
    const expired = this.#stack.splice(0, staying === -1 ? this.#stack.length : staying);
    const [next] = this.#stack;
    if (next !== undefined) this.#wake(next.until - now);
    for (const { resource } of expired) this.#pool.expire(resource);
  };
}
