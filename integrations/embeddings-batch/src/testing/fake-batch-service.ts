import { hash } from "node:crypto";
import type { Usage } from "@llx/callbacks";
import type {
  BatchInput,
  BatchLimits,
  BatchResult,
  BatchState,
  BatchStatus,
  EmbeddingBatchService,
} from "@llx/embeddings/batch";

/** A batch at the fake service. */
export interface FakeBatch {
  readonly id: string;
  readonly name: string;
  readonly inputs: readonly { readonly id: string; readonly text: string }[];
  state: BatchState;
  message?: string | undefined;
  /** Whether the same input would fail again. */
  isWrong?: boolean | undefined;
  /** Whether it has failed because of others that are there. */
  isQueueFull?: boolean | undefined;
  isRemoved: boolean;
  /** Questions that are answered with `"running"` before it ends. */
  polls: number;
}

/** How a test wants it to behave. */
export interface FakeBatchOptions {
  readonly batchLimits?: Partial<BatchLimits> | undefined;
  /** Questions that are answered with `"running"`. */
  readonly polls?: number | undefined;
  readonly provider?: string | undefined;
  /** Called before each call of the service; it may throw. */
  onCall?: (
    call: "submit" | "find" | "status" | "results" | "cancel" | "remove",
    batch?: FakeBatch,
  ) => unknown;
  /** How a batch ends. */
  end?: (batch: FakeBatch) => BatchState;
  /** What comes of a batch in place of its results. */
  results?: (results: BatchResult[], batch: FakeBatch) => readonly BatchResult[];
  /** In place of no usage. */
  readonly usage?: Usage | undefined;
}

/** The embedding that the fake gives to a text. */
export function vectorOf(text: string): Float32Array {
  const bytes = hash("sha256", text, "buffer");
  return Float32Array.from({ length: 4 }, (_, at) => bytes[at]! + 1);
}

/** A batch service within the process, in which batches end after some polls. Results come last first. */
export class FakeBatchService implements EmbeddingBatchService {
  readonly provider: string;
  readonly model = "counts";
  readonly elementType = "float";
  readonly dimensions = 4;
  readonly limits = { inputs: 100 };
  readonly batchLimits: BatchLimits;
  readonly batches: FakeBatch[] = [];
  readonly cancelled: string[] = [];
  /** How often each name was uploaded. */
  readonly uploads = new Map<string, number>();
  readonly #options: FakeBatchOptions;

  constructor(options: FakeBatchOptions = {}) {
    this.#options = options;
    this.provider = options.provider ?? "fake";
    this.batchLimits = { inputs: 3, bytes: 10_000, window: 86_400_000, ...options.batchLimits };
  }

  get closed(): boolean {
    return false;
  }

  line(id: string, text: string, inputType: string): string {
    if (text.trim() === "") throw new RangeError("the text must not be empty");
    return `${JSON.stringify({ id, text, inputType })}\n`;
  }

  async submit(
    input: BatchInput,
    { checked = true }: { checked?: boolean | undefined } = {},
  ): Promise<string> {
    const found = checked ? await this.find(input.name) : undefined;
    if (found !== undefined) return found;
    let body = "";
    for await (const chunk of input.open()) body += Buffer.from(chunk).toString();
    if (Buffer.byteLength(body) !== input.bytes) throw new Error("the input has another size");
    const inputs = body
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as FakeBatch["inputs"][number]);
    if (inputs.length !== input.texts) throw new Error("the input has another number of texts");
    const { polls = 1, onCall } = this.#options;
    const batch: FakeBatch = {
      id: `batch_${this.batches.length}`,
      name: input.name,
      inputs,
      state: "running",
      isRemoved: false,
      polls,
    };
    this.batches.push(batch);
    this.uploads.set(input.name, (this.uploads.get(input.name) ?? 0) + 1);
    await onCall?.("submit", batch);
    return batch.id;
  }

  async find(name: string): Promise<string | undefined> {
    await this.#options.onCall?.("find");
    return this.batches.find((batch) => batch.name === name)?.id;
  }

  async status(id: string): Promise<BatchStatus> {
    const batch = this.#batch(id);
    await this.#options.onCall?.("status", batch);
    if (batch.state === "cancelling") batch.state = "cancelled";
    if (batch.state === "running" && batch.polls-- <= 0) batch.state = this.#options.end?.(batch) ?? "done";
    const { state, message, isWrong, isQueueFull } = batch;
    const retryable = isWrong === true ? false : undefined;
    const counts = { done: undefined, failed: undefined };
    return { state, message, retryable, isQueueFull, ...counts, hasResults: state !== "failed" };
  }

  async *results(id: string): AsyncGenerator<BatchResult, void, undefined> {
    const batch = this.#batch(id);
    await this.#options.onCall?.("results", batch);
    const { usage, results = (all) => all } = this.#options;
    const all = batch.inputs.map(({ id: each, text }): BatchResult => ({
      id: each,
      embedding: vectorOf(text),
      usage,
    }));
    yield* results(all.toReversed(), batch);
  }

  async cancel(id: string): Promise<void> {
    const batch = this.#batch(id);
    await this.#options.onCall?.("cancel", batch);
    this.cancelled.push(id);
    if (batch.state === "running") batch.state = "cancelling";
  }

  async remove(id: string): Promise<void> {
    const batch = this.batches.find((each) => each.id === id)!;
    await this.#options.onCall?.("remove", batch);
    batch.isRemoved = true;
  }

  openCache(store: unknown): ReturnType<EmbeddingBatchService["openCache"]> {
    if (!(store instanceof Map)) throw new TypeError("cache must be a Map");
    const map = store as Map<string, Float32Array>;
    return {
      read: async (texts) => texts.map((text) => map.get(text)),
      write: async (entries) => {
        for (const { text, embedding } of entries) map.set(text, embedding);
      },
    };
  }

  async aclose(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #batch(id: string): FakeBatch {
    const batch = this.batches.find((each) => each.id === id);
    if (batch !== undefined && !batch.isRemoved) return batch;
    throw Object.assign(new Error(`the service does not know batch ${id}`), { code: "unknown_batch" });
  }
}
