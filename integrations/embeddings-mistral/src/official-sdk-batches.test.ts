import { Buffer } from "node:buffer";
import { text as readText } from "node:stream/consumers";
import { type BatchServer, fakeVector, startBatchServer } from "@llx/embeddings/testing";
import { Mistral } from "@mistralai/mistralai";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fakeMistralBatches } from "./testing.ts";

// The client that Mistral publishes works on the fake: then the fake speaks Mistral's protocol.

const day = 24 * 3_600_000;
const service = fakeMistralBatches({ dimensions: 4 });
let server: BatchServer;
let client: Mistral;

beforeEach(async () => {
  server = await startBatchServer(service);
  client = new Mistral({ apiKey: service.live.apiKey, serverURL: server.url });
});

afterEach(() => server.aclose());

const lines = (...texts: string[]): string =>
  texts.map((input, at) => `${JSON.stringify({ custom_id: `t-${at}`, body: { input } })}\n`).join("");

const upload = (content: string) =>
  client.files.upload({ file: { fileName: "input.jsonl", content: Buffer.from(content) }, purpose: "batch" });

const create = (file: string) =>
  client.batch.jobs.create({
    inputFiles: [file],
    endpoint: "/v1/embeddings",
    model: "mistral-embed",
    metadata: { llx_batch: "run-1" },
  });

it("uploads, creates, waits and reads with Mistral's own client", async () => {
  const content = lines("one", "two");
  const file = await upload(content);
  expect(file).toMatchObject({ filename: "input.jsonl", purpose: "batch", sizeBytes: content.length });
  const job = await create(file.id);
  expect(job).toMatchObject({ status: "QUEUED", inputFiles: [file.id], errors: [] });
  server.advance(day);
  const ended = await client.batch.jobs.get({ jobId: job.id });
  expect(ended).toMatchObject({
    status: "SUCCESS",
    metadata: { llx_batch: "run-1" },
    totalRequests: 2,
    completedRequests: 2,
    succeededRequests: 2,
    failedRequests: 0,
    errorFile: null,
  });
  const text = await readText(await client.files.download({ fileId: ended.outputFile! }));
  const results = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as ResultLine);
  expect(results.map(({ custom_id: id }) => id)).toEqual(["t-1", "t-0"]);
  expect(Float32Array.from(results[1]!.response.body.data[0]!.embedding)).toEqual(fakeVector("one", 4));
});

interface ResultLine {
  readonly custom_id: string;
  readonly response: { readonly body: { readonly data: readonly { readonly embedding: number[] }[] } };
}

it("lists page by page, the newest first", async () => {
  const file = await upload(lines("one"));
  const ids: string[] = [];
  for (let at = 0; at < 3; at++) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    const { id } = await create(file.id);
    ids.unshift(id);
  }
  const page = async (number: number): Promise<string[]> => {
    const { data = [] } = await client.batch.jobs.list({ page: number, pageSize: 2, orderBy: "-created" });
    return data.map(({ id }) => id);
  };
  expect([...(await page(0)), ...(await page(1))]).toEqual(ids);
  const { data } = await client.files.list({ search: "input", purpose: "batch" });
  expect(data.map(({ id }) => id)).toEqual([file.id]);
});

it("cancels and deletes, and has errors that Mistral's own client reads", async () => {
  const file = await upload(lines("one"));
  const { id } = await create(file.id);
  expect(await client.batch.jobs.cancel({ jobId: id })).toMatchObject({ status: "CANCELLATION_REQUESTED" });
  server.advance(60_000);
  expect(await client.batch.jobs.get({ jobId: id })).toMatchObject({ status: "CANCELLED" });
  expect(await client.files.delete({ fileId: file.id })).toMatchObject({ deleted: true });
  await expect(client.files.retrieve({ fileId: file.id })).rejects.toMatchObject({ statusCode: 404 });
  await expect(client.batch.jobs.get({ jobId: "x" })).rejects.toMatchObject({ statusCode: 404 });
  const stranger = new Mistral({ apiKey: "wrong", serverURL: server.url });
  await expect(stranger.batch.jobs.list()).rejects.toMatchObject({ statusCode: 401 });
});
