import { type BatchServer, startBatchServer } from "@llx/embeddings/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fakeMistralBatches } from "./testing.ts";

// What a client does not see; what it sees is tried with the official one in official-sdk-batches.test.ts.

let server: BatchServer;
beforeEach(async () => {
  server = await startBatchServer(fakeMistralBatches({ dimensions: 4, inputs: 2, bytes: 1_000 }));
});
afterEach(() => server.aclose());

const headers = { authorization: "Bearer fake-key-of-mistral" };

async function call(method: string, path: string, body?: object): Promise<[number, Record<string, unknown>]> {
  const json = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers,
    ...(json !== undefined && { body: json }),
  });
  return [response.status, (await response.json()) as Record<string, unknown>];
}

async function upload(content: string, purpose = "batch"): Promise<[number, string]> {
  const body = new FormData();
  body.append("purpose", purpose);
  body.append("file", new File([content], "run-1.jsonl"));
  const response = await fetch(`${server.url}/v1/files`, { method: "POST", headers, body });
  return [response.status, ((await response.json()) as { id: string }).id];
}

const line = (id: string, input: unknown): string =>
  `${JSON.stringify({ custom_id: id, body: { input } })}\n`;
const job = (file: string, change: object = {}): object => ({
  input_files: [file],
  endpoint: "/v1/embeddings",
  model: "mistral-embed",
  ...change,
});

describe("the fake of Mistral's batches", () => {
  it.each([
    ["{\n", "line 1: not valid JSON"],
    [line("a", "one") + line("a", "two"), "line 2: duplicate custom_id"],
    ['{"custom_id":"a"}\n', "line 1: body is missing"],
    [line("", "one"), "line 1: custom_id is missing"],
    ["", "the input file is empty"],
    [line("a", "one") + line("b", "one") + line("c", "one"), "too many requests in the batch"],
  ])("refuses an input after a while: %s", async (content, message) => {
    const [, file] = await upload(content);
    const [, { id, status, errors }] = await call("POST", "/v1/batch/jobs", job(file));
    expect([status, errors]).toEqual(["QUEUED", []]);
    server.advance(60_000);
    const [, failed] = await call("GET", `/v1/batch/jobs/${id as string}`);
    expect(failed).toMatchObject({ status: "FAILED", errors: [{ message, count: 1 }], output_file: null });
  });

  it("refuses requests as the API does", async () => {
    expect((await upload("x", "fine-tune"))[0]).toBe(422);
    expect((await upload("x".repeat(1_001)))[0]).toBe(422);
    const [, file] = await upload(line("a", "one"));
    for (const change of [
      { endpoint: "/v1/other" },
      { model: "other" },
      { timeout_hours: 48 },
      { input_files: [] },
      { input_files: undefined },
      { other: 1 },
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect((await call("POST", "/v1/batch/jobs", job(file, change)))[0]).toBe(422);
    }
    expect(await call("POST", "/v1/batch/jobs", job("x"))).toEqual([404, { detail: "File not found" }]);
    expect(server.counts.batches).toEqual({});
  });

  it("checks the texts of an input as the live service does", async () => {
    const [, file] = await upload(line("a", "one") + line("b", ""));
    const [, { id }] = await call("POST", "/v1/batch/jobs", job(file));
    server.advance(24 * 3_600_000);
    const [, ended] = await call("GET", `/v1/batch/jobs/${id as string}`);
    expect(ended).toMatchObject({
      status: "SUCCESS",
      total_requests: 2,
      completed_requests: 2,
      succeeded_requests: 1,
      failed_requests: 1,
    });
    const [, { data }] = await call("GET", "/v1/files?purpose=batch");
    const types = (data as { sample_type: string }[]).map(({ sample_type: type }) => type);
    expect(types.toSorted()).toEqual(["batch_error", "batch_request", "batch_result"]);
  });
});
