import { DeadlineSignal } from "./deadline-signal.ts";
import type { EmbedOptions } from "./embedding-model.ts";

/** The calls of a model that are under way, each with a signal that tells it to stop. */
export class OpenCalls {
  readonly #name: string;
  readonly #open = new Set<OpenCall>();
  #onIdle: (() => void) | undefined;

  /** @param name of the model, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  /**
   * Begins a call, which ends when it is disposed. It is stopped with the caller's signal, after `callTimeout`, and
   * by {@link abort}.
   *
   * @throws the reason of a signal that is aborted already
   */
  begin({ signal, callTimeout }: EmbedOptions): OpenCall {
    signal?.throwIfAborted();
    const message = `embedding with ${this.#name} took longer than callTimeout allows (${callTimeout} ms)`;
    const call = new OpenCall(new DeadlineSignal(signal, callTimeout, message), () => {
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
