import { setTimeout } from "node:timers/promises";

/** What a client library throws when a service refuses a request. */
export class RefusedError extends Error {
  readonly status = 429;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(retryAfter?: number) {
    super("429 too many requests");
    this.retryAfter = retryAfter;
  }
}

/** Simulates a service with a limited capacity, and counts requests. */
export class FakeService {
  readonly #capacity: number;
  #running = 0;
  /** The highest number of concurrent requests. */
  most = 0;
  requests = 0;
  refused = 0;

  constructor(capacity: number = Number.POSITIVE_INFINITY) {
    this.#capacity = capacity;
  }

  async ask(question: number, signal: AbortSignal): Promise<string> {
    this.requests++;
    this.most = Math.max(this.most, ++this.#running);
    try {
      if (this.#running > this.#capacity) throw new RefusedError();
      await setTimeout(5, undefined, { signal });
      return `answer ${question}`;
    } catch (error) {
      if (error instanceof RefusedError) this.refused++;
      throw error;
    } finally {
      this.#running--;
    }
  }
}
