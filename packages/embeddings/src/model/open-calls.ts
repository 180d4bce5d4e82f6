import { DeadlineSignal } from "../request/deadline-signal.ts";
import type { EmbedOptions } from "../contract/embedding-model.ts";

/** What stops a call: its caller's signal, and `callTimeout`. */
export function callDeadline(provider: string, { signal, callTimeout }: EmbedOptions): DeadlineSignal {
  const message = `embedding with ${provider} took longer than callTimeout allows (${callTimeout} ms)`;
  return new DeadlineSignal(signal, callTimeout, message);
}

/** The calls of a model that are under way, each with a signal that tells it to stop. */
export class OpenCalls {
  readonly #provider: string;
  readonly #open = new Set<OpenCall>();
  #onIdle: (() => void) | undefined;

  /** @param provider its name, for messages */
  constructor(provider: string) {
    this.#provider = provider;
  }

  /**
   * Begins a call, which ends when it is disposed. It is stopped with the caller's signal, after `callTimeout`, and
   * by {@link abort}.
   *
   * @throws the reason of a signal that is aborted already
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

  /** Waits until none is under way. To be asked once no more can begin. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#open.size === 0) resolve();
      else this.#onIdle = resolve;
    });
  }
}

/** One call that is under way. */
export class OpenCall implements Disposable {
  readonly #deadline: DeadlineSignal;
  readonly #onEnd: () => void;

  constructor(deadline: DeadlineSignal, onEnd: () => void) {
    this.#deadline = deadline;
    this.#onEnd = onEnd;
  }

  get signal(): AbortSignal {
    return this.#deadline.signal;
  }

  /** Whether `callTimeout` has stopped it. */
  get isTimedOut(): boolean {
    return this.#deadline.isOver;
  }

  abort(reason: unknown): void {
    this.#deadline.abort(reason);
  }

  [Symbol.dispose](): void {
    this.#deadline[Symbol.dispose]();
    this.#onEnd();
  }
}
