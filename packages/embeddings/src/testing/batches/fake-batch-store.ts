/** How long the steps of a batch take, in milliseconds of the virtual clock. */
export interface FakeBatchTimes {
  /** How long an input is checked, in milliseconds of the virtual clock. A `BatchServer` takes 60,000 by default. */
  readonly validating: number;
  /** From the last text to the end of the batch, in milliseconds. By default 60,000. */
  readonly finalizing: number;
  /** From a request to cancel to the end of the batch, in milliseconds. By default 60,000. */
  readonly cancelling: number;
  /** Texts embedded per second of the virtual clock, in each batch. By default 1,000. */
  readonly textsPerSecond: number;
}

/** What one batch may hold. */
export interface FakeBatchLimits {
  readonly inputs: number;
  readonly bytes: number;
  /** Tokens in all batches that have not ended. */
  readonly enqueuedTokens?: number | undefined;
}

/** A problem that keeps a batch from being run. */
export interface FakeBatchProblem {
  readonly kind: "notJson" | "badLine" | "duplicate" | "tooMany" | "tooManyTokens" | "empty";
  /** The line of the input, from 1, if it is the problem of one. */
  readonly line?: number | undefined;
  readonly message?: string | undefined;
}

/** A file at the service: an input that was uploaded, or results, which are computed when they are read. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  /** Of results 0, as they are not computed yet. */
  readonly bytes: number;
  /** By the virtual clock, in milliseconds. */
  readonly createdAt: number;
  readonly purpose: string;
  readonly content: { readonly path: string } | { readonly batch: StoredBatch; readonly failures: boolean };
}

/** A batch at the service. */
export interface StoredBatch {
  readonly id: string;
  readonly input: StoredFile;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly total: number;
  readonly tokens: number;
  readonly problems: readonly FakeBatchProblem[];
  /** The places of texts that are refused, in order. */
  readonly refused: readonly number[];
  cancelledAt: number | undefined;
}

/** Where a batch is, by the virtual clock. */
export interface FakeBatchView {
  readonly state:
    | "validating"
    | "failed"
    | "running"
    | "finalizing"
    | "done"
    | "expired"
    | "cancelling"
    | "cancelled";
  readonly completed: number;
  readonly failed: number;
  readonly startedAt: number;
  /** When it has ended, or would end. */
  readonly endsAt: number;
  /** Its results, once it has ended. */
  readonly output: StoredFile | undefined;
  readonly errors: StoredFile | undefined;
}

/** The files and batches of a fake service, as its protocol sees them. */
export interface FakeBatchStore {
  readonly times: FakeBatchTimes;
  readonly limits: FakeBatchLimits;
  /** In order of creation. */
  readonly files: readonly StoredFile[];
  /** In order of creation. */
  readonly batches: readonly StoredBatch[];
  file(id: string): StoredFile | undefined;
  batch(id: string): StoredBatch | undefined;
  /** Keeps a file that was uploaded. */
  addFile(
    file: { readonly name: string; readonly bytes: number; readonly path: string },
    purpose: string,
  ): StoredFile;
  deleteFile(file: StoredFile): Promise<void>;
  /** Reads the whole input, as the service does while it validates. */
  createBatch(input: StoredFile, metadata: Readonly<Record<string, unknown>>): Promise<StoredBatch>;
  cancel(batch: StoredBatch): void;
  view(batch: StoredBatch): FakeBatchView;
}
