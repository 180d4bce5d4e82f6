import { timerDelay } from "@llx/support";

interface Idle<R> {
  readonly resource: R;
  /** When it expires, by `performance.now()`. */
  readonly expiresAt: number;
}

/**
 * The idle resources of a pool, the last used on top. Those idle for too long expire at the bottom. One timer
 * serves all, and does not keep the process alive.
 */
export class IdleStack<R> {
  readonly #timeout: number;
  readonly #pool: { expire(resource: R): void };
  #stack: Idle<R>[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param timeout how long each may be idle, in milliseconds; `Infinity` for no limit */
  constructor(timeout: number, pool: { expire(resource: R): void }) {
    this.#timeout = timeout;
    this.#pool = pool;
  }

  get size(): number {
    return this.#stack.length;
  }

  push(resource: R): void {
    if (this.#timeout === Number.POSITIVE_INFINITY) {
      this.#stack.push({ resource, expiresAt: this.#timeout });
      return;
    }
    this.#stack.push({ resource, expiresAt: performance.now() + this.#timeout });
    if (this.#timer === undefined) this.#startTimer(this.#timeout);
  }

  /** Takes the resource used last. */
  pop(): { readonly resource: R } | undefined {
    const idle = this.#stack.pop();
    if (this.#stack.length === 0) this.#stopTimer();
    return idle;
  }

  /** Takes all resources. */
  clear(): R[] {
    const all = this.#stack.map(({ resource }) => resource);
    this.#stack = [];
    this.#stopTimer();
    return all;
  }

  #startTimer(milliseconds: number): void {
    this.#timer = setTimeout(this.#expire, timerDelay(milliseconds)).unref();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #expire = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    const staying = this.#stack.findIndex(({ expiresAt }) => expiresAt > now);
    const expired = this.#stack.splice(0, staying === -1 ? this.#stack.length : staying);
    const [next] = this.#stack;
    if (next !== undefined) this.#startTimer(next.expiresAt - now);
    for (const { resource } of expired) this.#pool.expire(resource);
  };
}
