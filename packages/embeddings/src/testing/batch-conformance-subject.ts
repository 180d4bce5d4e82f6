import type { BatchServiceOptions } from "../batch/batch-service-options.ts";
import type { EmbeddingBatchService } from "../batch/batch-service.ts";
import type { FakeBatchService } from "./batches/fake-batch-service.ts";

/** The options for the services of a subject; pass on all. */
export interface BatchConformanceOptions extends BatchServiceOptions {
  readonly apiKey: string;
  /** Address of the fake service, as in `http://127.0.0.1:40123`. */
  readonly baseUrl: string;
}

/** A batch service to test. */
export interface BatchConformanceSubject {
  readonly name: string;
  /** A fake of the service that it calls. */
  readonly service: FakeBatchService;
  /** Creates a batch service; pass on all options. */
  create(options: BatchConformanceOptions): EmbeddingBatchService;
}
