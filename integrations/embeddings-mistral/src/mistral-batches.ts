import type { ElementType } from "@llx/embeddings";
import {
  type BatchServiceOptions,
  type BatchState,
  checkOptionNames,
  createBatchService,
  type EmbeddingBatchService,
  listProblems,
  readOpenaiBatchLine,
  type ReportedStatus,
} from "@llx/embeddings/batch";
import { MalformedResponseError, mergeHeaders } from "@llx/http";
import { batchFileName, BatchFiles, FileClient, idOf } from "@llx/http/files";
import { connect, connectionOptions, limits, type MistralConnectionOptions } from "./connect.ts";

/**
 * Those of `mistralEmbedding` that decide what is embedded where, and those of every batch service.
 *
 * @typeParam E what the numbers of the embeddings are
 */
export interface MistralBatchesOptions<E extends ElementType = "float">
  extends BatchServiceOptions, MistralConnectionOptions<E> {}

/** A batch job of the service, as far as it is read. */
interface Job {
  readonly id: string;
  readonly status: string;
  readonly input_files?: readonly string[] | null;
  readonly output_file?: string | null;
  readonly error_file?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  readonly succeeded_requests?: number;
  readonly failed_requests?: number;
  readonly errors?: readonly { readonly message?: string; readonly count?: number }[] | null;
}

/** A job or a file in a list, as far as it is read. */
interface Listed extends Pick<Job, "id" | "metadata"> {
  readonly filename?: string;
  readonly bytes?: number;
}

/** The name of a batch, in its metadata. */
const nameKey = "llx_batch";

/** `BatchJobStatus` of `@mistralai/mistralai` 2.7.0. */
const states: Readonly<Record<string, BatchState>> = {
  QUEUED: "validating",
  RUNNING: "running",
  SUCCESS: "done",
  FAILED: "failed",
  TIMEOUT_EXCEEDED: "expired",
  CANCELLATION_REQUESTED: "cancelling",
  CANCELLED: "cancelled",
};

const pageSize = 100;
const hours = 24;
const batchLimits = { inputs: 100_000, bytes: 512_000_000, window: hours * 3_600_000 };

/**
 * Batches of Mistral AI, which embed for half the price (https://docs.mistral.ai/studio-api/batch-processing): up to 100,000 texts and 512 MB in
 * each, taken as 512,000,000 bytes, whose results are kept for 24 hours
 * (https://docs.mistral.ai/resources/known-limitations; both read on 2026-11-29). A batch ends after 24 hours, the service's own
 * default. The form of the lines of results is not documented; OpenAI's is read, which users report.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 */
export function mistralBatches<E extends ElementType = "float">(
  options: MistralBatchesOptions<E> = {},
): EmbeddingBatchService<E> {
  checkOptionNames(options, connectionOptions);
  const connection = connect(options);
  const { provider, model, url, elementType, dimensions, capabilities, http, key } = connection;
  const client = new FileClient({ ...http, headers: mergeHeaders(http.headers, key) });
  const files = new BatchFiles(client, url);
  type Attempt = Parameters<FileClient["getJson"]>[1];

  const read = async (batch: string, attempt: Attempt): Promise<Partial<Job>> => {
    const { body } = await client.getJson(files.at(`/batch/jobs/${encodeURIComponent(batch)}`), attempt);
    return body ?? {};
  };

  /** The first item of a list, all of whose pages are looked through. */
  const search = async (
    path: string,
    query: Readonly<Record<string, string>>,
    matches: (item: Partial<Listed>) => boolean,
    attempt: Attempt,
  ): Promise<unknown> => {
    for (let page = 0; ; page++) {
      const address = files.at(path, { ...query, page: String(page), page_size: String(pageSize) });
      // oxlint-disable-next-line no-await-in-loop -- one page after another
      const { body } = await client.getJson(address, attempt);
      const { data } = (body ?? {}) as { readonly data?: unknown };
      // The type of a list of jobs lets it be absent.
      if (data !== undefined && !Array.isArray(data)) throw noList(provider, path);
      const items = (data ?? []) as readonly Listed[];
      const found = items.find(matches);
      // Without an id, it is an error.
      if (found !== undefined) return found.id ?? null;
      if (items.length < pageSize) return undefined;
    }
  };

  return createBatchService<E>(
    {
      provider,
      model,
      variant: url,
      elementType,
      dimensions,
      limits: { inputs: 1, tokensPerInput: limits.tokensPerInput },
      batchLimits,
      maxBatchLimits: batchLimits,
      capabilities,
      options: connectionOptions,
      // The model is that of the job.
      line: (id, text) => `${JSON.stringify({ custom_id: id, body: connection.fields(text) })}\n`,
      upload: (input, attempt) => files.upload(input, attempt),
      findInput: ({ name, bytes }, attempt) =>
        search(
          "/files",
          { purpose: "batch", search: batchFileName(name) },
          (file) => file.filename === batchFileName(name) && file.bytes === bytes,
          attempt,
        ),
      async create(name, input, attempt) {
        const request = {
          input_files: [input],
          endpoint: "/v1/embeddings",
          model,
          metadata: { [nameKey]: name },
          timeout_hours: hours,
        };
        return idOf(await client.postJson(files.at("/batch/jobs"), request, attempt));
      },
      find: (name, attempt) =>
        search("/batch/jobs", { order_by: "-created" }, (job) => job.metadata?.[nameKey] === name, attempt),
      status: async (batch, attempt) => statusOf(await read(batch, attempt)),
      async *lines(batch, attempt) {
        yield* files.lines(resultsOf(await read(batch, attempt)), attempt);
      },
      readLine: readOpenaiBatchLine,
      async cancel(batch, attempt) {
        await client.postJson(files.at(`/batch/jobs/${encodeURIComponent(batch)}/cancel`), {}, attempt);
      },
      async remove(batch, attempt) {
        const job = await read(batch, attempt);
        await files.remove([...(job.input_files ?? []), ...resultsOf(job)], attempt);
      },
      redact: (message) => client.redact(message),
      aclose: () => client.aclose(),
    },
    options,
  );
}

function noList(provider: string, path: string): MalformedResponseError {
  const message = `${provider} responded with no list at ${path}`;
  return new MalformedResponseError(message, { provider, retryable: true });
}

function statusOf(job: Partial<Job>): ReportedStatus {
  const { status = "", succeeded_requests: done, failed_requests: failed } = job;
  return {
    state: Object.hasOwn(states, status) ? states[status] : undefined,
    done,
    failed,
    message: problemsOf(job),
    hasResults: resultsOf(job).length > 0,
  };
}

/** The files of the texts that were embedded, and of those that were not. */
function resultsOf({ output_file: output, error_file: error }: Partial<Job>): string[] {
  return [output, error].filter((id) => typeof id === "string" && id !== "") as string[];
}

function problemsOf({ errors }: Partial<Job>): string | undefined {
  if (!Array.isArray(errors)) return undefined;
  const problems = errors as NonNullable<Job["errors"]>;
  return listProblems(
    problems.map(({ message = "", count = 1 }) => (count > 1 ? `${message} (${count} times)` : message)),
  );
}
