import assert from "node:assert/strict";
import type { RetryOptions } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import type { CloseOptions } from "../../contract/embedding-model.ts";
import type { EmbeddingServer } from "../embedding-server.ts";
import type { FakeService } from "../fake-service.ts";

/** How long to wait for models to close, in milliseconds. */
const closeGrace = 1_000;

/** What models of all kinds have. */
export interface AnyModel {
  readonly provider: string;
  aclose(options?: CloseOptions): Promise<void>;
}

/** The options that tests of models of all kinds use. */
export interface AnyOptions {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly workers?: number | object | undefined;
  readonly timeout?: number | undefined;
  readonly truncate?: boolean | object | undefined;
  readonly retry?: RetryOptions | undefined;
  readonly callbackManager?: CallbackManager | undefined;
}

interface Subject<M, O> {
  readonly service?: FakeService | undefined;
  create(options: O): M;
}

/** The tools of one test that do not depend on what a model does. */
export abstract class ServiceBench<M extends AnyModel = AnyModel, O extends AnyOptions = AnyOptions> {
  readonly #subject: Subject<M, O>;
  readonly #server: EmbeddingServer | undefined;
  readonly #models: M[] = [];

  constructor(subject: Subject<M, O>, server: EmbeddingServer | undefined) {
    this.#subject = subject;
    this.#server = server;
  }

  /**
   * Makes a call that is one request, and checks its result.
   *
   * @param nth calls with different numbers have different texts
   */
  abstract use(model: M, nth?: number): Promise<void>;

  get server(): EmbeddingServer {
    assert(this.#server !== undefined, "a test that needs a service was given to a subject without one");
    return this.#server;
  }

  /** How many requests have arrived; 0 without a service. */
  get sent(): number {
    return this.#server?.requests.length ?? 0;
  }

  get apiKey(): string {
    return this.#subject.service?.apiKey ?? "";
  }

  /**
   * A model with short waits between its attempts. It is closed with the bench.
   *
   * @param subject another one of the same service
   */
  create(options: Partial<O> = {}, subject = this.#subject): M {
    const model = subject.create({
      apiKey: this.apiKey,
      baseUrl: this.#server?.url ?? "",
      ...options,
      retry: { delay: 1, maxDelay: 1, ...options.retry },
    } as unknown as O);
    this.#models.push(model);
    return model;
  }

  /** Checks that the model works, and that nothing else is sent meanwhile. */
  async assertQuiet(model: M): Promise<void> {
    const before = this.sent;
    for (const nth of [100, 101, 102]) {
      // One after another: a late request has time to arrive.
      // oxlint-disable-next-line no-await-in-loop
      await this.use(model, nth);
    }
    assert.equal(this.sent - before, 3, "a request was sent that no call waits for");
  }

  /** Waits until a number of requests have arrived in total, or fails if the call ends before. */
  async untilSent(count: number, call: Promise<unknown>): Promise<void> {
    const early = call.then(
      () => assert.fail(`the call was fulfilled when ${this.sent} of ${count} requests had arrived`),
      (error: unknown) => {
        throw new assert.AssertionError({
          message: `the call has failed when ${this.sent} of ${count} requests had arrived: ${String(error)}`,
        });
      },
    );
    await Promise.race([this.server.until(() => this.sent >= count), early]);
  }

  /** Waits until the connection of a request is closed before its response. */
  async untilAbandoned(): Promise<void> {
    await this.server.until(() => this.server.abandoned > 0);
  }

  async close(): Promise<void> {
    const { promise: grace, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, closeGrace);
    const closing = Promise.allSettled(this.#models.map(async (model) => model.aclose({ abort: true })));
    await Promise.race([closing, grace]);
    clearTimeout(timer);
    await this.#server?.aclose();
  }
}
