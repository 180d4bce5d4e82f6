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
import { fakeOpenai, type FakeOpenaiOptions } from "./fake-openai.ts";

/** Options of the fake of OpenAI's batches. */
export interface FakeOpenaiBatchesOptions extends FakeOpenaiOptions {
  /** Texts in one batch. Default 50,000. */
  readonly inputs?: number | undefined;
  /** Bytes in one input. Default 200,000,000. */
  readonly bytes?: number | undefined;
  /** Tokens in all batches that have not ended. Default: no limit, as OpenAI's depends on the account. */
  readonly enqueuedTokens?: number | undefined;
}

const operationOf = batchOperations("/v1/batches");

/** The steps of a batch in the service's words. */
const statuses = {
  validating: "validating",
  failed: "failed",
  running: "in_progress",
  finalizing: "finalizing",
  done: "completed",
  expired: "expired",
  cancelling: "cancelling",
  cancelled: "cancelled",
} as const;

const window = 24 * 3_600_000;

/** As in the guide: https://developers.openai.com/api/docs/guides/batch (read on 2026-11-29). */
const expired = {
  code: "batch_expired",
  message: "This request could not be executed before the completion window expired.",
};

/**
 * OpenAI's files and batches as a client sees them, for `startBatchServer`: with the fields, steps and limits of the API
 * (types of `openai` 7.57). The embeddings themselves, and the checks of each request, are those of `fakeOpenai`, which responds at the same
 * address.
 */
export function fakeOpenaiBatches(options: FakeOpenaiBatchesOptions = {}): FakeBatchService {
  const { inputs = 50_000, bytes = 200_000_000, enqueuedTokens, ...of } = options;
  const { model = "text-embedding-3-small" } = of;
  const live = fakeOpenai(of);
  return {
    live,
    livePath: "/v1/embeddings",
    keyHeaders: { authorization: `Bearer ${live.apiKey}` },
    limits: { inputs, bytes, enqueuedTokens },
    window,
    idOf: (kind, number) => `${kind === "file" ? "file-" : "batch_"}${String(number).padStart(6, "0")}`,
    nameOf: ({ llx_batch: name }) => (typeof name === "string" ? name : undefined),
    // The documents promise only partial results "if any" in the output file.
    listsCancelled: false,
    operationOf,
    async respond(request, store, upload) {
      const operation = operationOf(request);
      const id = /^\/v1\/(?:files|batches)\/([^/]+)/.exec(request.path)?.[1] ?? "";
      if (operation === "upload") return respondToUpload(store, upload);
      if (operation === "create") return respondToCreate(store, request, model);
      if (request.path === "/v1/files") return listOf(request, filesOf(request, store), fileBody);
      if (operation === "find") {
        const batches = store.batches.toReversed();
        return listOf(request, batches, (batch) => batchBody(batch, store, model), 100, 20);
      }
      if (request.path.startsWith("/v1/files/")) return respondToFile(store, request, id);
      const batch = store.batch(id);
      if (batch === undefined) return refusal(404, `No batch found with id '${id}'.`, { param: "id" });
      return operation === "cancel"
        ? respondToCancel(store, batch, model)
        : { status: 200, body: batchBody(batch, store, model) };
    },
    readLine: (line) => readLine(line, model),
    resultLine({ id, index, reply, unmade }) {
      const number = String(index).padStart(6, "0");
      if (reply === undefined) {
        const message = "This request was not executed, as the batch was cancelled.";
        const error = unmade === "expired" ? expired : { code: "batch_cancelled", message };
        return { id: `batch_req_${number}`, custom_id: id, response: null, error };
      }
      const response = { status_code: reply.status, request_id: `req_${number}`, body: reply.body };
      return { id: `batch_req_${number}`, custom_id: id, response, error: null };
    },
  };
}

function refusal(
  status: number,
  message: string,
  { param = null, code = null }: { readonly param?: string | null; readonly code?: string | null } = {},
): FakeReply {
  return { status, body: { error: { message, type: "invalid_request_error", param, code } } };
}

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1_000);

function fileBody({ id, bytes, createdAt, name, purpose }: StoredFile): object {
  const created = { id, object: "file", bytes, created_at: seconds(createdAt), filename: name, purpose };
  // Inputs of batches are kept for 30 days.
  return { ...created, status: "processed", expires_at: seconds(createdAt + 30 * 24 * 3_600_000) };
}

function respondToUpload(store: FakeBatchStore, upload: FakeUpload | undefined): FakeReply {
  const { fields, file } = upload ?? { fields: {}, file: undefined };
  if (file === undefined) return refusal(400, "'file' is a required property");
  if (fields["purpose"] !== "batch") return refusal(400, "this fake has only files of the purpose 'batch'");
  if (!file.name.endsWith(".jsonl")) {
    return refusal(400, "Invalid file format for Batch API. Must be .jsonl");
  }
  if (file.bytes > store.limits.bytes) return refusal(400, "File is too large.");
  return { status: 200, body: fileBody(store.addFile(file, "batch")) };
}

async function respondToCreate(
  store: FakeBatchStore,
  { body }: FakeBatchRequest,
  model: string,
): Promise<FakeReply> {
  const {
    input_file_id: id,
    endpoint,
    completion_window: completion,
    metadata,
    ...more
  } = (body ?? {}) as Record<string, unknown>;
  const unknown = Object.keys(more)[0];
  if (unknown !== undefined) return refusal(400, `Unrecognized request argument supplied: ${unknown}`);
  if (endpoint !== "/v1/embeddings") {
    return refusal(400, "this fake has only batches of /v1/embeddings", { param: "endpoint" });
  }
  if (completion !== "24h") {
    return refusal(400, "Invalid value: completion_window must be '24h'", { param: "completion_window" });
  }
  const pairs = readMetadata(metadata ?? {});
  if (typeof pairs === "string") return refusal(400, pairs, { param: "metadata" });
  const file = typeof id === "string" ? store.file(id) : undefined;
  if (file === undefined)
    return refusal(400, `Invalid 'input_file_id': no such file`, { param: "input_file_id" });
  const batch = await store.createBatch(file, pairs);
  return { status: 200, body: batchBody(batch, store, model) };
}

/** A string says why it is refused. */
function readMetadata(metadata: unknown): Readonly<Record<string, unknown>> | string {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    return "Invalid type for 'metadata'";
  }
  const pairs = Object.entries(metadata);
  return pairs.length > 16 || !pairs.every(isPair)
    ? "metadata has at most 16 pairs, with keys of 64 and values of 512 characters"
    : Object.fromEntries(pairs);
}

function isPair([key, value]: [string, unknown]): boolean {
  return key.length <= 64 && typeof value === "string" && value.length <= 512;
}

function filesOf({ query }: FakeBatchRequest, store: FakeBatchStore): readonly StoredFile[] {
  const purpose = query.get("purpose");
  const files = store.files.filter((file) => purpose === null || file.purpose === purpose);
  return query.get("order") === "asc" ? files : files.toReversed();
}

/** A page of a list. */
function listOf<T extends { readonly id: string }>(
  { query }: FakeBatchRequest,
  all: readonly T[],
  bodyOf: (item: T) => object,
  most = 10_000,
  usual = most,
): FakeReply {
  const limit = Number(query.get("limit") ?? usual);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= most)) {
    return refusal(400, `Invalid 'limit': must be from 1 to ${most}`, { param: "limit" });
  }
  const after = query.get("after");
  const start = after === null ? 0 : all.findIndex((item) => item.id === after) + 1;
  if (after !== null && start === 0)
    return refusal(400, "Invalid 'after': no such object", { param: "after" });
  const page = all.slice(start, start + limit);
  const ends = { first_id: page[0]?.id ?? null, last_id: page.at(-1)?.id ?? null };
  const body = { object: "list", data: page.map(bodyOf), ...ends, has_more: start + limit < all.length };
  return { status: 200, body };
}

async function respondToFile(
  store: FakeBatchStore,
  { method, path }: FakeBatchRequest,
  id: string,
): Promise<FakeReply | StoredFile> {
  const file = store.file(id);
  if (file === undefined) return refusal(404, `No such File object: ${id}`, { param: "id" });
  if (method === "DELETE") {
    await store.deleteFile(file);
    return { status: 200, body: { object: "file", deleted: true, id } };
  }
  return path.endsWith("/content") ? file : { status: 200, body: fileBody(file) };
}

function respondToCancel(store: FakeBatchStore, batch: StoredBatch, model: string): FakeReply {
  const { state } = store.view(batch);
  if (["done", "failed", "expired", "cancelled"].includes(state)) {
    return refusal(409, `Cannot cancel a batch with status '${statuses[state]}'.`);
  }
  store.cancel(batch);
  return { status: 200, body: batchBody(batch, store, model) };
}

function batchBody(batch: StoredBatch, store: FakeBatchStore, model: string): object {
  const view = store.view(batch);
  const status = statuses[view.state];
  const at = (is: boolean, when: number): number | null => (is ? seconds(when) : null);
  const isAfter = (...states: readonly string[]): boolean => states.includes(view.state);
  const hasStarted = !isAfter("validating", "failed");
  return {
    id: batch.id,
    object: "batch",
    endpoint: "/v1/embeddings",
    model,
    errors: isAfter("failed")
      ? { object: "list", data: batch.problems.map((problem) => problemBody(problem, store, model)) }
      : null,
    input_file_id: batch.input.id,
    completion_window: "24h",
    status,
    output_file_id: view.output?.id ?? null,
    error_file_id: view.errors?.id ?? null,
    created_at: seconds(batch.createdAt),
    in_progress_at: at(hasStarted, view.startedAt),
    expires_at: seconds(batch.createdAt + window),
    finalizing_at: at(isAfter("finalizing", "done"), view.endsAt - store.times.finalizing),
    completed_at: at(isAfter("done"), view.endsAt),
    failed_at: at(isAfter("failed"), view.endsAt),
    expired_at: at(isAfter("expired"), view.endsAt),
    cancelling_at: at(batch.cancelledAt !== undefined, batch.cancelledAt ?? 0),
    cancelled_at: at(isAfter("cancelled"), view.endsAt),
    request_counts: {
      total: hasStarted ? batch.total : 0,
      completed: view.completed,
      failed: view.failed,
    },
    metadata: Object.keys(batch.metadata).length === 0 ? null : batch.metadata,
  };
}

/** Codes and messages as users have reported them: the documents have none. */
function problemBody(
  { kind, line, message }: FakeBatchProblem,
  store: FakeBatchStore,
  model: string,
): object {
  const { inputs, enqueuedTokens = 0 } = store.limits;
  const said = {
    // https://github.com/stdapi-ai/stdapi.ai/issues/240
    notJson: ["invalid_json_line", "This line is not parseable as valid JSON."],
    badLine: ["invalid_request", message ?? ""],
    duplicate: ["duplicate_custom_id", "The custom_id of this line is that of an earlier one."],
    tooMany: ["too_many_tasks", `The batch has more than ${inputs.toLocaleString("en-US")} requests.`],
    empty: ["empty_file", "The input file is empty."],
    // https://github.com/openai/openai-python/issues/2084
    tooManyTokens: [
      "token_limit_exceeded",
      `Enqueued token limit reached for ${model} in organization org-fake. Limit: ` +
        `${enqueuedTokens.toLocaleString("en-US")} enqueued tokens. Please try again once some in_progress batches have ` +
        "been completed.",
    ],
  }[kind] as [string, string];
  return { code: said[0], message: said[1], line: line ?? null, param: null };
}

function readLine(line: object, model: string): { readonly id: string; readonly body: object } | string {
  const { custom_id: id, method, url, body } = line as Record<string, unknown>;
  if (typeof id !== "string" || id === "") return "Missing required parameter: 'custom_id'.";
  if (method !== "POST") return "The method of this line must be POST.";
  if (url !== "/v1/embeddings") return "The url of this line is not the endpoint of the batch.";
  if (typeof body !== "object" || body === null) return "Missing required parameter: 'body'.";
  if ((body as { model?: unknown }).model !== model) return `The model of this line is not ${model}.`;
  return { id, body };
}
