import {
  batchOperations,
  type FakeBatchProblem,
  type FakeBatchRequest,
  type FakeBatchService,
  type FakeBatchStore,
  type FakeReply,
  type FakeUpload,
  type StoredBatch,
  type StoredFile,
} from "@llx/embeddings/testing";
import { fakeMistral, type FakeMistralOptions } from "./fake-mistral.ts";

/** Options of the fake of Mistral's batches. */
export interface FakeMistralBatchesOptions extends FakeMistralOptions {
  /** Texts in one batch. Default 100,000. */
  readonly inputs?: number | undefined;
  /** Bytes in one input. Default 512,000,000. */
  readonly bytes?: number | undefined;
}

const operationOf = batchOperations("/v1/batch/jobs");

/** The steps of a job in the service's words; there is none for preparing the results. */
const statuses = {
  validating: "QUEUED",
  failed: "FAILED",
  running: "RUNNING",
  finalizing: "RUNNING",
  done: "SUCCESS",
  expired: "TIMEOUT_EXCEEDED",
  cancelling: "CANCELLATION_REQUESTED",
  cancelled: "CANCELLED",
} as const;

/**
 * Mistral's files and batch jobs as a client sees them, for `startBatchServer`: with the fields of the API (types of
 * `@mistralai/mistralai` 2.7.0) and the documented limits. The embeddings themselves, and the checks of each request, are those of
 * `fakeMistral`, which responds at the same address.
 */
export function fakeMistralBatches(options: FakeMistralBatchesOptions = {}): FakeBatchService {
  const { inputs = 100_000, bytes = 512_000_000, ...of } = options;
  const { model = "mistral-embed" } = of;
  const live = fakeMistral(of);
  return {
    live,
    livePath: "/v1/embeddings",
    keyHeaders: { authorization: `Bearer ${live.apiKey}` },
    limits: { inputs, bytes },
    window: 24 * 3_600_000,
    idOf,
    nameOf: ({ llx_batch: name }) => (typeof name === "string" ? name : undefined),
    listsCancelled: false,
    operationOf,
    async respond(request, store, upload) {
      const operation = operationOf(request);
      if (operation === "upload") return respondToUpload(store, upload);
      if (operation === "create") return respondToCreate(store, request, model);
      const id = /^\/v1\/(?:files|batch\/jobs)\/([^/]+)/.exec(request.path)?.[1];
      if (id === undefined) return respondToList(store, request, model);
      if (request.path.startsWith("/v1/files/")) return respondToFile(store, request, id);
      const batch = store.batch(id);
      if (batch === undefined) return live.refuse(404, "Job not found");
      if (operation === "cancel") store.cancel(batch);
      return { status: 200, body: jobBody(batch, store, model) };
    },
    readLine: (line) => readLine(line, model),
    resultLine({ id, index, reply, unmade }) {
      const response = reply && { status_code: reply.status, body: reply.body };
      const error = unmade === undefined ? null : { message: `the job has ${unmade}` };
      return { id: `batch-${index}`, custom_id: id, response: response ?? null, error };
    },
  };
}

/** Like the service's own, UUIDs. */
function idOf(kind: "file" | "batch", number: number): string {
  return `00000000-0000-4000-${kind === "file" ? "8000" : "9000"}-${String(number).padStart(12, "0")}`;
}

function invalid(message: string): FakeReply {
  const detail = [{ type: "value_error", loc: ["body"], msg: message }];
  return { status: 422, body: { object: "error", message: { detail }, type: "invalid_request_error" } };
}

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1_000);

function fileBody({ id, bytes, createdAt, name, content }: StoredFile): object {
  const isInput = "path" in content;
  const sample = isInput ? "batch_request" : content.failures ? "batch_error" : "batch_result";
  return {
    id,
    object: "file",
    bytes,
    created_at: seconds(createdAt),
    filename: name,
    purpose: "batch",
    sample_type: sample,
    num_lines: null,
    mimetype: "application/jsonl",
    source: isInput ? "upload" : "mistral",
    signature: null,
  };
}

function respondToUpload(store: FakeBatchStore, upload: FakeUpload | undefined): FakeReply {
  const { fields, file } = upload ?? { fields: {}, file: undefined };
  if (file === undefined) return invalid("file: Field required");
  if (fields["purpose"] !== "batch") return invalid("this fake has only files of the purpose batch");
  if (file.bytes > store.limits.bytes) return invalid("the file is too large");
  return { status: 200, body: fileBody(store.addFile(file, "batch")) };
}

const jobFields = new Set(["input_files", "endpoint", "model", "metadata", "timeout_hours"]);

async function respondToCreate(
  store: FakeBatchStore,
  { body }: FakeBatchRequest,
  served: string,
): Promise<FakeReply> {
  const given = (body ?? {}) as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((name) => !jobFields.has(name));
  if (unknown !== undefined) return invalid(`${unknown}: this fake has no such field`);
  const { input_files: inputs, endpoint, model, metadata, timeout_hours: timeout = 24 } = given;
  if (endpoint !== "/v1/embeddings") return invalid("this fake has only jobs of /v1/embeddings");
  if (model !== served) return invalid(`this fake has only the model ${served}`);
  if (timeout !== 24) return invalid("this fake has only jobs of 24 hours");
  if (!Array.isArray(inputs) || inputs.length !== 1) return invalid("this fake takes one input file");
  const file = store.file(String(inputs[0]));
  if (file === undefined) return { status: 404, body: { detail: "File not found" } };
  const batch = await store.createBatch(file, { ...(metadata as object | undefined) });
  return { status: 200, body: jobBody(batch, store, served) };
}

/** A page of files or jobs, the newest first. */
function respondToList(
  store: FakeBatchStore,
  { path, query }: Pick<FakeBatchRequest, "path" | "query">,
  model: string,
): FakeReply {
  const size = Number(query.get("page_size") ?? 100);
  const start = Number(query.get("page") ?? 0) * size;
  const page = <T>(all: readonly T[], bodyOf: (item: T) => object): FakeReply => {
    const data = all.slice(start, start + size).map(bodyOf);
    return { status: 200, body: { object: "list", data, total: all.length } };
  };
  if (path === "/v1/files") {
    const word = query.get("search") ?? "";
    const files = store.files.filter((file) => file.name.includes(word));
    return page(files.toReversed(), fileBody);
  }
  const oldestFirst = query.get("order_by") === "created";
  const jobs = oldestFirst ? store.batches : store.batches.toReversed();
  return page(jobs, (batch) => jobBody(batch, store, model));
}

async function respondToFile(
  store: FakeBatchStore,
  { method, path }: FakeBatchRequest,
  id: string,
): Promise<FakeReply | StoredFile> {
  const file = store.file(id);
  if (file === undefined) return { status: 404, body: { detail: "File not found" } };
  if (method === "DELETE") {
    await store.deleteFile(file);
    return { status: 200, body: { id, object: "file", deleted: true } };
  }
  return path.endsWith("/content") ? file : { status: 200, body: { ...fileBody(file), deleted: false } };
}

function jobBody(batch: StoredBatch, store: FakeBatchStore, model: string): object {
  const view = store.view(batch);
  const hasStarted = !["validating", "failed"].includes(view.state);
  const hasEnded = ["failed", "done", "expired", "cancelled"].includes(view.state);
  return {
    id: batch.id,
    object: "batch",
    input_files: [batch.input.id],
    metadata: batch.metadata,
    endpoint: "/v1/embeddings",
    model,
    output_file: view.output?.id ?? null,
    error_file: view.errors?.id ?? null,
    errors: view.state === "failed" ? batch.problems.map(problemBody) : [],
    status: statuses[view.state],
    created_at: seconds(batch.createdAt),
    started_at: hasStarted ? seconds(view.startedAt) : null,
    completed_at: hasEnded ? seconds(view.endsAt) : null,
    total_requests: batch.total,
    completed_requests: view.completed + view.failed,
    succeeded_requests: view.completed,
    failed_requests: view.failed,
  };
}

/** The documents have no messages. */
function problemBody({ kind, line, message }: FakeBatchProblem): object {
  const said = {
    notJson: "not valid JSON",
    badLine: message ?? "",
    duplicate: "duplicate custom_id",
    tooMany: "too many requests in the batch",
    tooManyTokens: "too many tokens",
    empty: "the input file is empty",
  }[kind];
  return { message: line === undefined ? said : `line ${line}: ${said}`, count: 1 };
}

/** The model of a line is that of its job, unless it names one. */
function readLine(line: object, model: string): { readonly id: string; readonly body: object } | string {
  const { custom_id: id, body } = line as Record<string, unknown>;
  if (typeof id !== "string" || id === "") return "custom_id is missing";
  if (typeof body !== "object" || body === null) return "body is missing";
  return { id, body: { model, ...body } };
}
