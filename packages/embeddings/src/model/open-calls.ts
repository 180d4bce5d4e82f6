import { Deadline } from "@llx/support";
import type { EmbedOptions } from "../contract/embedding-model.ts";

/** Stops a call: with its caller's signal, and after `totalTimeout`. */
export function callDeadline(provider: string, { signal, totalTimeout }: EmbedOptions): Deadline {
  return new Deadline(
    [signal],
    totalTimeout,
    () => `embedding with ${provider} took longer than totalTimeout allows (${totalTimeout} ms)`,
  );
}

/** The open calls of a model, each with a signal that stops it. */
export class OpenCalls {
  readonly #provider: string;
  readonly #open = new Set<OpenCall>();
  #onIdle: (() => void) | undefined;

  /** @param provider its name, for messages */
  constructor(provider: string) {
    this.#provider = provider;
  }

  /**
   * Opens a call, until {@link OpenCall.end}. It is stopped with the caller's signal, after `totalTimeout`, and
   * by {@link abort}.
   *
   * @throws the reason of a signal that is already aborted
   */
  begin(options: EmbedOptions): OpenCall {
    options.signal?.throwIfAborted();
    const call = new OpenCall(callDeadline(this.#provider, options), () => {
      this.#open.delete(call);
      if (this.#open.size === 0) this.#onIdle?.();
    });
    this.#open.add(call);
    return call;
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

/** One open call. */
export class OpenCall {
  readonly #deadline: Deadline;
  readonly #onEnd: () => void;

  constructor(deadline: Deadline, onEnd: () => void) {
    this.#deadline = deadline;
    this.#onEnd = onEnd;
  }

  get signal(): AbortSignal {
    return this.#deadline.signal;
  }

  /** Whether `totalTimeout` has stopped it. */
  get isTimedOut(): boolean {
    return this.#deadline.isOver;
  }

  abort(reason: unknown): void {
    this.#deadline.aborted(reason);
  }

  end(): void {
    this.#deadline.end();
    this.#onEnd();
  }
}
