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
import { MalformedResponseError } from "@llx/http";
import { batchFileName, BatchFiles, FileClient, idOf } from "@llx/http/files";
import { connect, connectionOptions, type OpenaiConnectionOptions } from "./connect.ts";
import { withAdvice } from "./with-advice.ts";

/** Those of `openaiEmbedding` that decide what is embedded where, and those of every batch service. */
export interface OpenaiBatchesOptions extends BatchServiceOptions, OpenaiConnectionOptions {}

/** A batch of the service, as far as it is read. */
interface Batch {
  readonly id: string;
  readonly status: string;
  readonly input_file_id?: string | null;
  readonly output_file_id?: string | null;
  readonly error_file_id?: string | null;
  readonly metadata?: Readonly<Record<string, string>> | null;
  readonly request_counts?: { readonly completed?: number; readonly failed?: number } | null;
  readonly errors?: { readonly data?: readonly BatchProblem[] } | null;
}

interface BatchProblem {
  readonly code?: string | null;
  readonly message?: string | null;
  readonly line?: number | null;
}

/** A batch or a file in a list, as far as it is read. */
interface Listed extends Pick<Batch, "id" | "metadata"> {
  readonly filename?: string;
  readonly bytes?: number;
}

interface Page {
  readonly data: readonly Listed[];
  readonly has_more?: boolean;
}

const ownLimits = { inputs: 50_000, bytes: 200_000_000, window: 24 * 3_600_000 };

/** The name of a batch, in its metadata. */
const nameKey = "llx_batch";

/** Of the batches' own guide (read on 2026-11-29): https://developers.openai.com/api/docs/guides/batch */
const states: Readonly<Record<string, BatchState>> = {
  validating: "validating",
  failed: "failed",
  in_progress: "running",
  finalizing: "finalizing",
  completed: "done",
  expired: "expired",
  cancelling: "cancelling",
  cancelled: "cancelled",
};

/**
 * Batches of OpenAI, which embed within 24 hours for half the price: up to 50,000 texts and 200 MB in each (`openai` 7.57,
 * `resources/batches.d.ts`, read on 2026-11-29). The size is taken as 200,000,000 bytes, as the documents do not say which
 * megabytes they mean. Files of inputs are deleted after 30 days, files of results 30 days after their batch.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://developers.openai.com/api/docs/guides/batch
 */
export function openaiBatches(options: OpenaiBatchesOptions = {}): EmbeddingBatchService {
  checkOptionNames(options, connectionOptions);
  const { server, http, model, assumed, body } = connect(options);
  const { provider, url } = server;
  const client = new FileClient(http);
  const files = new BatchFiles(client, url);
  type Attempt = Parameters<FileClient["getJson"]>[1];

  const read = async (batch: string, attempt: Attempt): Promise<Partial<Batch>> => {
    const { body: found } = await client.getJson(files.at(`/batches/${encodeURIComponent(batch)}`), attempt);
    return found ?? {};
  };

  /** The first item of a list, all of whose pages are looked through. */
  const search = async (
    path: string,
    query: Readonly<Record<string, string>>,
    matches: (item: Partial<Listed>) => boolean,
    attempt: Attempt,
  ): Promise<unknown> => {
    let after: string | undefined;
    do {
      // oxlint-disable-next-line no-await-in-loop -- one page after another
      const page = await client.getJson(
        files.at(path, { ...query, ...(after !== undefined && { after }) }),
        attempt,
      );
      const { data, has_more: hasMore } = page.body as Partial<Page>;
      if (!Array.isArray(data)) throw noList(provider, path.slice(1));
      const items = data as readonly Listed[];
      const found = items.find(matches);
      // Without an id, it is an error.
      if (found !== undefined) return found.id ?? null;
      const last = items.at(-1)?.id;
      after = hasMore === true && last !== after ? last : undefined;
    } while (after !== undefined);
    return undefined;
  };

  /** The first requests of a run: where nothing is found, the address is wrong. */
  const advised = <T>(request: Promise<T>): Promise<T> =>
    request.catch((error: unknown) => {
      throw withAdvice(error, server, model);
    });

  return createBatchService(
    {
      provider,
      model,
      variant: url,
      dimensions: assumed.dimensions,
      limits: { ...assumed.limits, inputs: 1 },
      batchLimits: ownLimits,
      // Other servers may have greater ones.
      maxBatchLimits: server.isOwn ? ownLimits : undefined,
      capabilities: { ...assumed.offered, wireFormats: ["json", "base64"] },
      options: connectionOptions,
      line(id, text) {
        const line = { custom_id: id, method: "POST", url: "/v1/embeddings", body: body(text) };
        return `${JSON.stringify(line)}\n`;
      },
      upload: (input, attempt) => advised(files.upload(input, attempt)),
      findInput: ({ name, bytes }, attempt) =>
        search(
          "/files",
          // The service's own limit is the most that it lists.
          { purpose: "batch" },
          (file) => file.filename === batchFileName(name) && file.bytes === bytes,
          attempt,
        ),
      async create(name, input, attempt) {
        const request = {
          input_file_id: input,
          endpoint: "/v1/embeddings",
          completion_window: "24h",
          metadata: { [nameKey]: name },
        };
        return idOf(await client.postJson(files.at("/batches"), request, attempt));
      },
      find: (name, attempt) =>
        advised(search("/batches", { limit: "100" }, (batch) => batch.metadata?.[nameKey] === name, attempt)),
      status: async (batch, attempt) => statusOf(await read(batch, attempt)),
      async *lines(batch, attempt) {
        yield* files.lines(resultsOf(await read(batch, attempt)), attempt);
      },
      readLine: readOpenaiBatchLine,
      async cancel(batch, attempt) {
        await client.postJson(files.at(`/batches/${encodeURIComponent(batch)}/cancel`), {}, attempt);
      },
      async remove(batch, attempt) {
        const found = await read(batch, attempt);
        const input = found.input_file_id;
        await files.remove([...(typeof input === "string" ? [input] : []), ...resultsOf(found)], attempt);
      },
      redact: (message) => client.redact(message),
      aclose: () => client.aclose(),
    },
    options,
  );
}

function statusOf(batch: Partial<Batch>): ReportedStatus {
  const { status = "" } = batch;
  const { completed, failed } = batch.request_counts ?? {};
  return {
    state: Object.hasOwn(states, status) ? states[status] : undefined,
    done: completed,
    failed,
    message: problemsOf(batch),
    retryable: isWrong(batch) ? false : undefined,
    isQueueFull: batch.errors?.data?.some(({ code }) => code === queueFull),
    hasResults: resultsOf(batch).length > 0,
  };
}

function noList(provider: string, of: string): MalformedResponseError {
  const message = `${provider} responded with a list of ${of} that has no data`;
  return new MalformedResponseError(message, { provider, retryable: true });
}

/** The files of the texts that were embedded, and of those that were not. */
function resultsOf({ output_file_id: output, error_file_id: error }: Partial<Batch>): string[] {
  return [output, error].filter((id) => typeof id === "string" && id !== "") as string[];
}

/** With it a batch fails if its tokens and those of the batches that wait are above the limit of the account. */
const queueFull = "token_limit_exceeded";

/** Codes with which batches fail for good, as users have reported them: the documents have none. */
const lasting: ReadonlySet<unknown> = new Set(["too_many_tasks", "empty_file"]);

/** Whether the input itself is wrong: as a whole, or in one of its lines. */
function isWrong({ errors }: Partial<Batch>): boolean {
  return errors?.data?.some(({ code, line }) => lasting.has(code) || typeof line === "number") ?? false;
}

function problemsOf({ errors }: Partial<Batch>): string | undefined {
  const problems = errors?.data ?? [];
  return listProblems(
    problems.map(({ code, message, line }) => {
      const where = typeof line === "number" ? ` (line ${line})` : "";
      return `${[code, message].filter((part) => typeof part === "string").join(": ")}${where}`;
    }),
  );
}
