import { Buffer } from "node:buffer";
import { type BatchServer, fakeVector, startBatchServer } from "@llx/embeddings/testing";
import OpenAI, { ConflictError, NotFoundError, toFile } from "openai";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fakeOpenaiBatches } from "./testing.ts";

// The client that OpenAI publishes works on the fake: then the fake speaks OpenAI's protocol.

const day = 24 * 3_600_000;
const service = fakeOpenaiBatches({ dimensions: 4 });
let server: BatchServer;
let client: OpenAI;

beforeEach(async () => {
  server = await startBatchServer(service);
  client = new OpenAI({ apiKey: service.live.apiKey, baseURL: `${server.url}/v1`, maxRetries: 0 });
});

afterEach(() => server.aclose());

const lines = (...texts: string[]): string =>
  texts
    .map((input, at) => {
      const body = { model: "text-embedding-3-small", input, encoding_format: "base64" };
      return `${JSON.stringify({ custom_id: `t-${at}`, method: "POST", url: "/v1/embeddings", body })}\n`;
    })
    .join("");

const upload = (content: string) =>
  toFile(Buffer.from(content), "input.jsonl").then((file) => client.files.create({ file, purpose: "batch" }));

const create = (input: string) =>
  client.batches.create({
    input_file_id: input,
    endpoint: "/v1/embeddings",
    completion_window: "24h",
    metadata: { llx_batch: "run-1" },
  });

it("uploads, creates, waits and reads with OpenAI's own client", async () => {
  const content = lines("one", "two");
  const file = await upload(content);
  expect(file).toMatchObject({
    object: "file",
    filename: "input.jsonl",
    purpose: "batch",
    bytes: Buffer.byteLength(content),
  });
  const batch = await create(file.id);
  expect(batch).toMatchObject({
    object: "batch",
    status: "validating",
    input_file_id: file.id,
    errors: null,
  });
  server.advance(day);
  const ended = await client.batches.retrieve(batch.id);
  expect(ended).toMatchObject({
    status: "completed",
    metadata: { llx_batch: "run-1" },
    request_counts: { total: 2, completed: 2, failed: 0 },
    error_file_id: null,
  });
  const text = await client.files.content(ended.output_file_id!).then((response) => response.text());
  const results = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as ResultLine);
  expect(results.map(({ custom_id: id }) => id)).toEqual(["t-1", "t-0"]);
  const [{ embedding }] = results[1]!.response.body.data as [{ embedding: string }];
  const bytes = Buffer.from(embedding, "base64");
  expect(Array.from({ length: 4 }, (_, at) => bytes.readFloatLE(at * 4))).toEqual([...fakeVector("one", 4)]);
  const stored = await client.files.content(file.id).then((response) => response.text());
  expect(stored).toBe(content);
});

interface ResultLine {
  readonly custom_id: string;
  readonly response: { readonly body: { readonly data: readonly { readonly embedding: string }[] } };
}

it("lists page by page, the newest first", async () => {
  const file = await upload(lines("one"));
  const ids: string[] = [];
  for (let at = 0; at < 5; at++) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    const { id } = await create(file.id);
    ids.unshift(id);
  }
  expect((await Array.fromAsync(client.batches.list({ limit: 2 }))).map(({ id }) => id)).toEqual(ids);
  expect(server.counts.requests.find).toBe(3);
  const files = await Array.fromAsync(client.files.list({ purpose: "batch", limit: 1 }));
  expect(files.map(({ id }) => id)).toEqual([file.id]);
  expect(await client.files.retrieve(file.id)).toEqual(file);
});

it("has the errors that OpenAI's own client knows", async () => {
  await expect(client.batches.retrieve("batch_x")).rejects.toThrow(NotFoundError);
  await expect(client.files.content("file-x")).rejects.toThrow(NotFoundError);
  await expect(create("file-x")).rejects.toThrow("400 Invalid 'input_file_id'");
  await expect(
    client.files.create({ file: await toFile(Buffer.from(""), "input.txt"), purpose: "batch" }),
  ).rejects.toThrow("400 Invalid file format for Batch API. Must be .jsonl");
  const stranger = new OpenAI({ apiKey: "wrong", baseURL: `${server.url}/v1`, maxRetries: 0 });
  await expect(stranger.batches.list()).rejects.toThrow("401");
});

it("cancels and deletes", async () => {
  const file = await upload(lines("one"));
  const { id } = await create(file.id);
  expect(await client.batches.cancel(id)).toMatchObject({ status: "cancelling" });
  server.advance(60_000);
  expect(await client.batches.retrieve(id)).toMatchObject({ status: "cancelled", output_file_id: null });
  await expect(client.batches.cancel(id)).rejects.toThrow(ConflictError);
  expect(await client.files.delete(file.id)).toEqual({ object: "file", deleted: true, id: file.id });
  await expect(client.files.retrieve(file.id)).rejects.toThrow(NotFoundError);
});

it("embeds at once at the same address", async () => {
  const { data } = await client.embeddings.create({ model: "text-embedding-3-small", input: "one" });
  expect(Float32Array.from(data[0]!.embedding)).toEqual(fakeVector("one", 4));
});
