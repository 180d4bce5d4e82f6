import type { JobContext } from "@llx/async";
import type { AttemptOptions } from "../contract/embedding-provider.ts";
import { Deadline } from "../support/deadline.ts";

/** Makes the attempts of a model's requests, each with a time limit, and knows which are pending. */
export class Attempts {
  readonly #provider: string;
  readonly #timeout: number;
  readonly #pending = new Set<Promise<unknown>>();

  /**
   * @param provider its name, for messages
   * @param timeout milliseconds for an attempt
   */
  constructor(provider: string, timeout: number) {
    this.#provider = provider;
    this.#timeout = timeout;
  }

  /** Waits until no attempt is pending at the provider. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  /** Makes one attempt. A provider that ignores its `timeout` is aborted a second later. */
  async make<R>(
    { attempt, signal }: Pick<JobContext, "attempt" | "signal">,
    maxBytes: number,
    send: (attempt: AttemptOptions) => Promise<R>,
  ): Promise<R> {
    const timeout = this.#timeout;
    const message = (): string => `${this.#provider} did not respond within ${timeout} ms`;
    const deadline = new Deadline(signal, timeout + 1_000, message);
    let response: Promise<R> | undefined;
    try {
      response = send({ signal: deadline.signal, attempt, timeout, maxBytes });
      this.#pending.add(response);
      return await response;
    } finally {
      if (response !== undefined) this.#pending.delete(response);
      deadline.end();
    }
  }
}
