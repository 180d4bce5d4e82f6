import type { AttemptOptions } from "../contract/embedding-provider.ts";
import { describe, isObject } from "@llx/support";
import { Deadline } from "../support/deadline.ts";

type ResponseErrorClass = new (
  provider: string,
  problem: string,
  options: { readonly retryable: boolean; readonly requestId: undefined },
) => Error;

/** Makes the attempts of a model's requests, and knows which are pending. */
export class Attempts {
  readonly #ResponseError: ResponseErrorClass;
  readonly #pending = new Set<Promise<unknown>>();

  /** @param ResponseError what is thrown for a response that is not an object */
  constructor(ResponseError: ResponseErrorClass) {
    this.#ResponseError = ResponseError;
  }

  /** Waits until no attempt is pending at the provider. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  /**
   * Makes one attempt. A provider that ignores its `timeout` is aborted a second later.
   *
   * @param provider its name, for messages
   */
  async make<R>(
    provider: string,
    { signal: parent, ...attempt }: AttemptOptions,
    send: (attempt: AttemptOptions) => Promise<R>,
  ): Promise<R> {
    const { timeout } = attempt;
    const message = (): string => `${provider} did not respond within ${timeout} ms`;
    const deadline = new Deadline(parent, timeout + 1_000, message);
    let response: Promise<R> | undefined;
    try {
      response = send({ ...attempt, signal: deadline.signal });
      this.#pending.add(response);
      const received: unknown = await response;
      if (isObject(received)) return received as R;
      const problem = `its function resolved with ${describe(received)}, not with an object`;
      throw new this.#ResponseError(provider, problem, { retryable: false, requestId: undefined });
    } finally {
      if (response !== undefined) this.#pending.delete(response);
      deadline.end();
    }
  }
}
