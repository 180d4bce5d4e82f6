import assert from "node:assert/strict";
import type { ElementType } from "../../contract/element-type.ts";
import type { EmbeddingModel } from "../../contract/embedding-model.ts";
import type { ConformanceOptions, ConformanceSubject } from "../conformance-subject.ts";
import type { EmbeddingServer } from "../embedding-server.ts";
import { fakeVectorOf } from "../fake-vector.ts";
import { assertVector, passages } from "./assertions.ts";
import type { Facts } from "./facts.ts";

export type Model = EmbeddingModel<ElementType>;

/** Models that do not close are not waited for any longer, in milliseconds. */
const closeGrace = 1_000;

/** What one test works with. */
export class Bench {
  readonly subject: ConformanceSubject<ElementType>;
  readonly facts: Facts;
  readonly #server: EmbeddingServer | undefined;
  readonly #models: Model[] = [];

  constructor(subject: ConformanceSubject<ElementType>, facts: Facts, server: EmbeddingServer | undefined) {
    this.subject = subject;
    this.facts = facts;
    this.#server = server;
  }

  get server(): EmbeddingServer {
    assert(this.#server !== undefined, "a test that needs a service was given to a subject without one");
    return this.#server;
  }

  /** How many requests have come; 0 where there is no service. */
  get sent(): number {
    return this.#server?.requests.length ?? 0;
  }

  get apiKey(): string {
    return this.subject.service?.apiKey ?? "";
  }

  /** A model with waits between its attempts that are short. It is closed with the bench. */
  create(options: Partial<ConformanceOptions> = {}): Model {
    const model = this.subject.create({
      apiKey: this.apiKey,
      baseUrl: this.#server?.url ?? "",
      ...options,
      retry: { delay: 1, maxDelay: 1, ...options.retry },
    });
    this.#models.push(model);
    return model;
  }

  /** Texts for so many requests; there is one text in the last of them. */
  textsFor(requests: number): string[] {
    return passages((requests - 1) * this.facts.limits.inputs + 1);
  }

  /** Texts for one request: as many as asked for, or as it can take. */
  textsForOne(most: number): string[] {
    return passages(Math.min(most, this.facts.limits.inputs));
  }

  /** The texts of a request that has come. */
  textsOf(request: number): readonly string[] {
    const { ask } = this.server.requests[request] ?? {};
    assert(ask !== undefined, `request ${request + 1} has not come, or the service refuses it`);
    return ask.texts;
  }

  /** Checks that it is the very vector that the service has for the text. */
  assertRight(embedding: unknown, text: string, index = 0): void {
    const dimensions = this.server.requests.find(({ ask }) => ask !== undefined)?.ask?.dimensions;
    assert(dimensions !== undefined, "no request has come that the service accepts");
    const { elementType } = this.facts;
    assertVector(embedding, fakeVectorOf(text, elementType, dimensions), `the embedding of texts[${index}]`);
  }

  assertAllRight(embeddings: readonly unknown[], texts: readonly string[]): void {
    assert.equal(embeddings.length, texts.length, "there must be an embedding for each text");
    for (const [index, text] of texts.entries()) this.assertRight(embeddings[index], text, index);
  }

  /** Checks that the model works, and that in the meantime nobody else has sent anything. */
  async assertQuiet(model: Model): Promise<void> {
    const before = this.sent;
    for (const text of passages(3, "canary")) {
      // One after another: what was sent late has time to arrive.
      // oxlint-disable-next-line no-await-in-loop
      this.assertRight(await model.getTextEmbedding(text), text);
    }
    assert.equal(this.sent - before, 3, "something was sent that nobody waits for");
  }

  /** Waits until so many requests have come in all, or fails where the call has ended before. */
  async untilSent(count: number, call: Promise<unknown>): Promise<void> {
    const early = call.then(
      () => assert.fail(`the call was fulfilled when ${this.sent} of ${count} requests had come`),
      (error: unknown) => {
        throw new assert.AssertionError({
          message: `the call has failed when ${this.sent} of ${count} requests had come: ${String(error)}`,
        });
      },
    );
    await Promise.race([this.server.until(() => this.sent >= count), early]);
  }

  /** Waits until the connection of a request is given up before there is an answer. */
  async untilGivenUp(): Promise<void> {
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
