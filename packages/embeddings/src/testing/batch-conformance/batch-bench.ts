import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import type { BatchInput, BatchResult, EmbeddingBatchService } from "../../batch/batch-service.ts";
import type { BatchServiceOptions } from "../../batch/batch-service-options.ts";
import type { BatchConformanceSubject } from "../batch-conformance-subject.ts";
import type { BatchServer } from "../batches/batch-server.ts";
import { assertVector, type ErrorFields, passages } from "../conformance/assertions.ts";
import { fakeVector } from "../fake-vector.ts";

/** One test of the suite. */
export interface BatchCase {
  readonly name: string;
  run(bench: BatchBench): Promise<void>;
}

/** Longer than any batch takes. */
export const longEnough = 10 * 24 * 3_600_000;

/** The id of the text at an index. */
export const idOf = (index: number): string => `text-${index}`;

/** What one test of the suite works with. */
export class BatchBench {
  readonly server: BatchServer;
  readonly subject: BatchConformanceSubject;
  readonly #services: EmbeddingBatchService[] = [];

  constructor(subject: BatchConformanceSubject, server: BatchServer) {
    this.subject = subject;
    this.server = server;
  }

  create(options: BatchServiceOptions = {}): EmbeddingBatchService {
    const { apiKey } = this.subject.service.live;
    const service = this.subject.create({
      retry: { delay: 0 },
      ...options,
      apiKey,
      baseUrl: this.server.url,
    });
    this.#services.push(service);
    return service;
  }

  /** An input that arrives in small pieces. */
  input(service: EmbeddingBatchService, name: string, texts = passages(3), more = ""): BatchInput {
    const lines = texts.map((text, index) => service.line(idOf(index), text, "document"));
    const content = Buffer.from(lines.join("") + more);
    return {
      name,
      texts: texts.length,
      bytes: content.length,
      async *open() {
        for (let at = 0; at < content.length; at += 100) yield content.subarray(at, at + 100);
      },
    };
  }

  /** A batch that has ended. */
  async ended(service: EmbeddingBatchService, texts = passages(3)): Promise<string> {
    const batch = await service.submit(this.input(service, "run-1", texts));
    this.server.advance(longEnough);
    return batch;
  }

  /** Checks that each text has its own embedding, or an error, and none has another's. */
  assertResults(
    results: readonly BatchResult[],
    texts: readonly string[],
    failed: readonly number[] = [],
  ): ErrorFields[] {
    assert.deepEqual(
      results.map(({ id }) => id).toSorted(byText),
      texts.map((_, index) => idOf(index)).toSorted(byText),
      "each text must have one result",
    );
    const errors: ErrorFields[] = [];
    for (const { id, embedding, error } of results) {
      const index = Number(id.slice("text-".length));
      if (failed.includes(index)) {
        assert(error instanceof Error, `${id} must have an error`);
        errors.push(error);
      } else {
        assert(embedding !== undefined, `${id} must have an embedding, and has ${String(error)}`);
        assertVector(embedding, fakeVector(texts[index]!, embedding.length), `the embedding of ${id}`);
      }
    }
    return errors;
  }

  async close(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.aclose()));
    await this.server.aclose();
  }
}

function byText(one: string, other: string): number {
  return one < other ? -1 : 1;
}
