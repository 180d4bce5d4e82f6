import { formatDuration } from "@llx/support";
import type { EmbedOptions } from "../contract/embedding-model.ts";
import { Deadline } from "../support/deadline.ts";
import type { ServiceRefusal } from "../request/pace.ts";

/**
 * Stops a call: with its caller's signal, and after `totalTimeout`.
 *
 * @param what it does, such as `embedding with Cohere`
 * @param refusal says whether the service refuses requests, so that the call has waited for it
 */
export function callDeadline(
  what: string,
  { signal, totalTimeout }: EmbedOptions,
  refusal?: () => ServiceRefusal | undefined,
): Deadline {
  const message = (): string => {
    const refused = refusal?.();
    const why = refused && `: the service has refused all requests for ${formatDuration(refused.refusedFor)}`;
    return `${what} took longer than totalTimeout allows (${totalTimeout} ms)${why ?? ""}`;
  };
  return new Deadline(signal, totalTimeout, message, refusal && (() => refusal()?.cause));
}

/** The open calls of a model, each with a deadline that stops it. */
export class OpenCalls {
  readonly #what: string;
  readonly #refusal: (() => ServiceRefusal | undefined) | undefined;
  readonly #open = new Set<Deadline>();
  #onIdle: (() => void) | undefined;

  /** The parameters are those of {@link callDeadline}. */
  constructor(what: string, refusal?: () => ServiceRefusal | undefined) {
    this.#what = what;
    this.#refusal = refusal;
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
    const call = callDeadline(this.#what, options, this.#refusal);
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
