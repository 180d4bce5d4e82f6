import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { ElementType } from "../../contract/element-type.ts";
import type { EmbeddingModel } from "../../contract/embedding-model.ts";
import type { ConformanceOptions, ConformanceSubject } from "../conformance-subject.ts";
import type { EmbeddingServer } from "../embedding-server.ts";
import { fakeVectorOf } from "../fake-vector.ts";
import { assertVector, passages } from "./assertions.ts";
import { uncovered } from "./coverage.ts";
import { ServiceBench } from "./service-bench.ts";
import type { Declared, Facts } from "./facts.ts";

export type Model = EmbeddingModel<ElementType>;

/** The tools of one test. */
export class Bench extends ServiceBench<Model, ConformanceOptions> {
  readonly subject: ConformanceSubject<ElementType>;
  readonly facts: Facts;
  /** As the service counts, or more than most services do. */
  readonly countTokens = (text: string): number =>
    this.subject.service?.countTokens?.(text) ?? Buffer.byteLength(text);

  constructor(subject: ConformanceSubject<ElementType>, facts: Facts, server: EmbeddingServer | undefined) {
    super(subject, server);
    this.subject = subject;
    this.facts = facts;
  }

  async use(model: Model, nth = 0): Promise<void> {
    const text = passages(nth + 1)[nth]!;
    this.assertRight(await model.getTextEmbedding(text), text);
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

  #isRight(embedding: unknown, text: string, elementType?: ElementType): boolean {
    try {
      this.assertRight(embedding, text, 0, elementType);
      return true;
    } catch {
      return false;
    }
  }

  assertAllRight(embeddings: readonly unknown[], texts: readonly string[], elementType?: ElementType): void {
    assert.equal(embeddings.length, texts.length, "there must be an embedding for each text");
    for (const [index, text] of texts.entries()) {
      try {
        this.assertRight(embeddings[index], text, index, elementType);
      } catch (error) {
        const other = texts.findIndex((each) => this.#isRight(embeddings[index], each, elementType));
        if (other === -1) throw error;
        const advice = this.facts.hasIndex ? ": pass on the service's index of each vector" : "";
        assert.fail(`the embedding of texts[${index}] is that of texts[${other}]${advice}`);
      }
    }
  }
}
