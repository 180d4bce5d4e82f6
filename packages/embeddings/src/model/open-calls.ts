import type { EmbedOptions } from "../contract/embedding-model.ts";
import { Deadline } from "../support/deadline.ts";
import type { Delay } from "../request/pace.ts";

/**
 * Stops a call: with its caller's signal, and after `totalTimeout`.
 *
 * @param what it does, such as `embedding with Cohere`
 * @param delay says why its requests wait
 */
export function callDeadline(
  what: string,
  { signal, totalTimeout }: EmbedOptions,
  delay?: () => Delay | undefined,
): Deadline {
  const message = (): string => {
    const why = delay?.()?.why;
    return `${what} took longer than totalTimeout allows (${totalTimeout} ms)${why === undefined ? "" : `: ${why}`}`;
  };
  return new Deadline(signal, totalTimeout, message, delay && (() => delay()?.cause));
}

/** The open calls of a model, each with a deadline that stops it. */
export class OpenCalls {
  readonly #what: string;
  readonly #delay: (() => Delay | undefined) | undefined;
  readonly #open = new Set<Deadline>();
  #onIdle: (() => void) | undefined;

  /** The parameters are those of {@link callDeadline}. */
  constructor(what: string, delay?: () => Delay | undefined) {
    this.#what = what;
    this.#delay = delay;
  }

  /**
   * Opens a call. It is stopped with the caller's signal, after `totalTimeout`, and by {@link abort}.
   *
   * @param isSettled whether the call returns what it has when it is stopped, even if that is nothing
   * @returns its deadline, to be passed to {@link end}
   * @throws the reason of a signal that is already aborted, unless the call is settled
   */
  begin(options: EmbedOptions, isSettled = false): Deadline {
    if (!isSettled) options.signal?.throwIfAborted();
    const call = callDeadline(this.#what, options, this.#delay);
    this.#open.add(call);
    return call;
  }

  end(call: Deadline): void {
    call.end();
    this.#open.delete(call);
    if (this.#open.size === 0) this.#onIdle?.();
  }

  abort(reason: unknown): void {
    for (const call of this.#open) call.abort(reason);
  }

  /** Waits until no call is open. Use it once no more can begin. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#open.size === 0) resolve();
      else this.#onIdle = resolve;
    });
  }
}
