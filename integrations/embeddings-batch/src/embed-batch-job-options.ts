import type { Progress } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import type { CacheOptions, CacheStore, ElementType, EmbeddingModel, InputType } from "@llx/embeddings";
import type { EmbeddingBatchService } from "@llx/embeddings/batch";
import type { JobQueue } from "@llx/jobs-pgboss";
import {
  checkBoolean,
  checkCount,
  checkManager,
  checkMilliseconds,
  checkNames,
  checkSignal,
  describe,
  describeKind,
  isObject,
  type NamesOf,
} from "@llx/support";

/** How long a batch is left alone between two questions to its service. It grows by a half each time. */
export interface BatchPauses {
  /**
   * Milliseconds after a batch was submitted.
   *
   * @default 10_000, or `longest` if that is less
   */
  readonly first?: number | undefined;
  /**
   * The longest pause, in milliseconds.
   *
   * @default 300_000, or `first` if that is more
   */
  readonly longest?: number | undefined;
}

/** What a run embeds with, where it is kept, and what becomes of texts that fail. */
export interface EmbedBatchJobOptions<E extends ElementType = "float"> {
  /** The batch API of a service, such as `openaiBatches`. It is not closed with the run. */
  readonly service: EmbeddingBatchService<E>;
  /** Holds the jobs of the run. It is not closed with the run. */
  readonly queue: JobQueue;
  /** The directory of the run: one that does not exist, is empty, or has this run. One process at a time may use it. */
  readonly directory: string;
  /** Texts with an embedding in it are not sent, and new embeddings are added. It is shared with models. */
  readonly cache?: CacheStore | CacheOptions | undefined;
  /**
   * What the texts are embedded for.
   *
   * @default "document"
   */
  readonly inputType?: InputType | undefined;
  /**
   * What becomes of texts that fail in a batch but may succeed in another, or whose batch expires: they are sent
   * `"again"` in a further batch; or at once, through a model at its full price; or they have failed: `"keep"`.
   *
   * @default "again"
   */
  readonly failed?: "again" | "keep" | EmbeddingModel<E> | undefined;
  /**
   * In how many batches a text is sent at most.
   *
   * @default 3
   */
  readonly attempts?: number | undefined;
  /**
   * What becomes of a batch that the service does not know any more, or whose results it has deleted, or that cannot be
   * attributed to texts: the run stops with an error, or the texts are sent `"again"`, and paid again.
   *
   * @default "stop"
   */
  readonly lost?: "stop" | "again" | undefined;
  /**
   * How many batches are at the service at once. Services limit the tokens that wait in all batches: where one says that it has no
   * room, fewer are there from then on. It may differ in each call.
   *
   * @default 8
   */
  readonly concurrency?: number | undefined;
  readonly pauses?: BatchPauses | undefined;
  /**
   * Whether the files of a batch are deleted at the service when its results are stored.
   *
   * @default true
   */
  readonly remove?: boolean | undefined;
  /**
   * `true` shows a bar on stderr that counts texts; or pass your own `Progress`.
   *
   * @default false
   */
  readonly showProgress?: boolean | Progress | undefined;
  /**
   * Receives the events of the run.
   *
   * @default that of the current trace
   */
  readonly callbackManager?: CallbackManager | undefined;
  /** Aborting it closes the run. Batches go on at the service, and the next call goes on with them. */
  readonly signal?: AbortSignal | undefined;
}

const names: NamesOf<EmbedBatchJobOptions> = {
  service: true,
  queue: true,
  directory: true,
  cache: true,
  inputType: true,
  failed: true,
  attempts: true,
  lost: true,
  concurrency: true,
  pauses: true,
  remove: true,
  showProgress: true,
  callbackManager: true,
  signal: true,
};
const foreignNames = {
  provider: "use service, such as openaiBatches({ … })",
  live: "pass the model as failed",
  workers: "use concurrency",
  batchLimits: "it is an option of the service, such as openaiBatches({ batchLimits })",
};
const pauseNames: NamesOf<BatchPauses> = { first: true, longest: true };
const day = 86_400_000;
const maxAttempts = 100;

/** @throws TypeError or RangeError that states what is invalid */
export function checkOptions<E extends ElementType>(options: EmbedBatchJobOptions<E>): void {
  checkNames(options, names, foreignNames);
  const { service, queue, directory, failed, attempts, lost, concurrency, pauses = {}, remove } = options;
  checkMethods("service", service, ["line", "submit", "status", "results"], "such as openaiBatches({ … })");
  checkMethods("queue", queue, ["enqueue", "work", "redrive"], "made by createJobQueue");
  checkPath("directory", directory);
  if (attempts !== undefined) checkCount("attempts", attempts, 1, maxAttempts);
  if (concurrency !== undefined) checkCount("concurrency", concurrency);
  if (lost !== undefined && lost !== "stop" && lost !== "again") {
    throw new RangeError(`lost must be "stop" or "again", not ${describe(lost)}`);
  }
  checkBoolean("remove", remove);
  checkNames(pauses, pauseNames, undefined, "pauses.");
  const { first, longest } = pauses;
  if (first !== undefined) checkMilliseconds("pauses.first", first, day);
  if (longest !== undefined) checkMilliseconds("pauses.longest", longest, day);
  if (first !== undefined && longest !== undefined && first > longest) {
    throw new RangeError(
      `pauses.first is ${first} milliseconds, and pauses.longest only ${longest}; the first pause must not be longer than the ` +
        "longest one",
    );
  }
  checkManager(options.callbackManager);
  checkSignal(options.signal);
  if (failed !== undefined && failed !== "again" && failed !== "keep") checkModel(failed, service);
}

/** @throws TypeError for what is no path */
export function checkPath(name: string, path: unknown): asserts path is string {
  if (typeof path === "string" && path !== "") return;
  throw new TypeError(`${name} must be the path of a directory, not ${describeKind(path)}`);
}

function checkMethods(name: string, value: unknown, methods: readonly string[], what: string): void {
  for (const method of methods) {
    if (!isObject(value) || typeof Reflect.get(value, method) !== "function") {
      throw new TypeError(`${name} must be one ${what}, not ${describeKind(value)}`);
    }
  }
}

/** Embeddings of different models must not come into one run. */
function checkModel<E extends ElementType>(
  model: EmbeddingModel<E>,
  service: EmbeddingBatchService<E>,
): void {
  if (!isObject(model) || typeof model.getTextEmbeddingBatch !== "function") {
    throw new TypeError(`failed must be "again", "keep" or an embedding model, not ${describe(model)}`);
  }
  for (const key of ["model", "elementType", "dimensions"] as const) {
    const [live, batch] = [model[key], service[key]];
    if (live === batch || live === undefined || batch === undefined) continue;
    throw new RangeError(
      `the model of failed has ${key} ${live}, and the service ${batch}: their embeddings cannot be compared. Pass the ` +
        "same model",
    );
  }
}
