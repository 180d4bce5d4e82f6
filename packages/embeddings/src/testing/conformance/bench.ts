import assert from "node:assert/strict";
import type { ElementType } from "../../contract/element-type.ts";
import type { EmbeddingModel } from "../../contract/embedding-model.ts";
import type { ConformanceOptions, ConformanceSubject } from "../conformance-subject.ts";
import type { EmbeddingServer } from "../embedding-server.ts";
import { fakeVectorOf } from "../fake-vector.ts";
import { assertVector, passages } from "./assertions.ts";
import { uncovered } from "./coverage.ts";
import type { Declared, Facts } from "./facts.ts";

export type Model = EmbeddingModel<ElementType>;

/** How long to wait for models to close, in milliseconds. */
const closeGrace = 1_000;

/** The tools of one test. */
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

  /** How many requests have arrived; 0 without a service. */
  get sent(): number {
    return this.#server?.requests.length ?? 0;
  }

  get apiKey(): string {
    return this.subject.service?.apiKey ?? "";
  }

  /** A model with short waits between its attempts. It is closed with the bench. */
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

  /** A model with these options, or why there is none. */
  tryCreate(options: Partial<ConformanceOptions>): Model | Error {
    try {
      return this.create(options);
    } catch (error) {
      return error as Error;
    }
  }

  /** What the model declares for the element type of the subject, and for those that no subject has. */
  declared(): readonly Declared[] {
    const types = new Set([this.facts.elementType, ...uncovered(this.facts)]);
    return this.facts.declared.filter(({ elementType }) => types.has(elementType));
  }

  /** Texts for a number of requests; the last of them has one text. */
  textsFor(requests: number): string[] {
    return passages((requests - 1) * this.facts.limits.inputs + 1);
  }

  /** Texts for one request: as many as asked for, or as fit. */
  textsForOne(most: number): string[] {
    return passages(Math.min(most, this.facts.limits.inputs));
  }

  /** The texts of a request that has arrived. */
  textsOf(request: number): readonly string[] {
    const { ask } = this.server.requests[request] ?? {};
    assert(ask !== undefined, `request ${request + 1} has not arrived, or the service refuses it`);
    return ask.texts;
  }

  /** Checks that it is the vector that the service has for the text. */
  assertRight(embedding: unknown, text: string, index = 0, elementType = this.facts.elementType): void {
    const dimensions = this.server.requests.find(({ ask }) => ask !== undefined)?.ask?.dimensions;
    assert(dimensions !== undefined, "no request has arrived that the service accepts");
    assertVector(embedding, fakeVectorOf(text, elementType, dimensions), `the embedding of texts[${index}]`);
  }

  assertAllRight(embeddings: readonly unknown[], texts: readonly string[], elementType?: ElementType): void {
    assert.equal(embeddings.length, texts.length, "there must be an embedding for each text");
    for (const [index, text] of texts.entries())
      this.assertRight(embeddings[index], text, index, elementType);
  }

  /** Checks that the model works, and that nothing else is sent meanwhile. */
  async assertQuiet(model: Model): Promise<void> {
    const before = this.sent;
    for (const text of passages(3, "canary")) {
      // One after another: a late request has time to arrive.
      // oxlint-disable-next-line no-await-in-loop
      this.assertRight(await model.getTextEmbedding(text), text);
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
