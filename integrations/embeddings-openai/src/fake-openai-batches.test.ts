import { type BatchServer, startBatchServer } from "@llx/embeddings/testing";
import { afterEach, describe, expect, it } from "vitest";
import { fakeOpenaiBatches, type FakeOpenaiBatchesOptions } from "./testing.ts";

// What a client does not see; what it sees is tried with the official one in official-sdk-batches.test.ts.

let server: BatchServer;
afterEach(() => server.aclose());

const headers = { authorization: "Bearer fake-key-of-openai" };

async function start(
  fake: FakeOpenaiBatchesOptions = {},
  options: Parameters<typeof startBatchServer>[1] = {},
): Promise<void> {
  server = await startBatchServer(fakeOpenaiBatches({ dimensions: 4, ...fake }), options);
}

async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const json = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers,
    ...(json !== undefined && { body: json }),
  });
  return (await response.json()) as Record<string, unknown>;
}

async function upload(content: string, name = "run-1.jsonl", purpose = "batch"): Promise<string> {
  const body = new FormData();
  body.append("purpose", purpose);
  body.append("file", new File([content], name));
  const response = await fetch(`${server.url}/v1/files`, { method: "POST", headers, body });
  const { id, error } = (await response.json()) as { id: string; error?: { message: string } };
  return error === undefined ? id : `${response.status} ${error.message}`;
}

const create = (input: string, change: object = {}): Promise<Record<string, unknown>> =>
  call("POST", "/v1/batches", {
    input_file_id: input,
    endpoint: "/v1/embeddings",
    completion_window: "24h",
    metadata: { llx_batch: "run-1" },
    ...change,
  });

const line = (id: string, input: unknown, change: object = {}): string => {
  const body = { model: "text-embedding-3-small", input };
  return `${JSON.stringify({ custom_id: id, method: "POST", url: "/v1/embeddings", body, ...change })}\n`;
};

describe("the fake of OpenAI's batches", () => {
  it("moves its clock with each poll, and from another process", async () => {
    await start({}, { perPoll: 40_000 });
    const begin = server.now;
    const { id } = await create(await upload(line("a", "one")));
    const states: unknown[] = [];
    for (let poll = 0; poll < 4; poll++) {
      // oxlint-disable-next-line no-await-in-loop -- in order
      states.push((await call("GET", `/v1/batches/${id as string}`))["status"]);
    }
    expect(states).toEqual(["validating", "finalizing", "finalizing", "completed"]);
    expect(server.now).toBe(begin + 160_000);
    expect(await call("POST", "/fake/advance?ms=5")).toEqual({ now: begin + 160_005 });
    expect(await call("GET", "/fake/counts")).toEqual({
      uploads: { "run-1.jsonl": 1 },
      batches: { "run-1": 1 },
      orphans: [],
      files: 2,
      requests: { upload: 1, create: 1, status: 4 },
      embedded: 1,
    });
  });

  it("counts what was made twice, and what was left", async () => {
    await start();
    const first = await upload(line("a", "one"));
    await upload(line("a", "one"));
    await create(first);
    await create(first);
    const { uploads, batches, orphans } = server.counts;
    expect({ uploads, batches, orphans }).toEqual({
      uploads: { "run-1.jsonl": 2 },
      batches: { "run-1": 2 },
      orphans: ["run-1.jsonl"],
    });
  });

  it.each([
    ["{\n", "invalid_json_line", 1],
    ["5\n", "invalid_json_line", 1],
    [line("a", "one") + line("a", "two"), "duplicate_custom_id", 2],
    [line("a", "one", { url: "/v1/other" }), "invalid_request", 1],
    [line("a", "one", { method: "GET" }), "invalid_request", 1],
    [line("a", "one", { body: { model: "other", input: "one" } }), "invalid_request", 1],
    [line("", "one"), "invalid_request", 1],
    ["", "empty_file", null],
    [line("a", "one") + line("b", "one") + line("c", "one"), "too_many_tasks", null],
  ])("refuses an input after a while: %s", async (content, code, at) => {
    await start({ inputs: 2 });
    const { id, status } = await create(await upload(content));
    expect(status).toBe("validating");
    server.advance(60_000);
    const batch = await call("GET", `/v1/batches/${id as string}`);
    expect(batch).toMatchObject({ status: "failed", output_file_id: null, error_file_id: null });
    expect(batch["errors"]).toMatchObject({ object: "list", data: [{ code, line: at }] });
  });

  it("checks the texts of an input as the live service does", async () => {
    await start();
    const { id } = await create(await upload(line("a", "one") + line("b", "") + line("c", ["x", "y"])));
    server.advance(24 * 3_600_000);
    const batch = await call("GET", `/v1/batches/${id as string}`);
    expect(batch["request_counts"]).toEqual({ total: 3, completed: 2, failed: 1 });
    const response = await fetch(`${server.url}/v1/files/${batch["error_file_id"] as string}/content`, {
      headers,
    });
    expect(JSON.parse(await response.text())).toEqual({
      id: "batch_req_000001",
      custom_id: "b",
      response: {
        status_code: 400,
        request_id: "req_000001",
        body: {
          error: { message: "input[0] is empty", type: "invalid_request_error", param: null, code: null },
        },
      },
      error: null,
    });
  });

  it("refuses requests as the API does", async () => {
    await start({ bytes: 20_000 });
    expect(await upload("a", "a.txt")).toBe("400 Invalid file format for Batch API. Must be .jsonl");
    expect(await upload("a", "a.jsonl", "evals")).toBe("400 this fake has only files of the purpose 'batch'");
    expect(await upload("x".repeat(20_001))).toBe("400 File is too large.");
    expect(await upload("x".repeat(40_000))).toBe("400 File is too large.");
    const file = await upload(line("a", "one"));
    for (const change of [
      { endpoint: "/v1/other" },
      { completion_window: "12h" },
      { input_file_id: "file-9" },
      { metadata: { a: 1 } },
      { metadata: [] },
      { other: 1 },
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect(await create(file, change)).toMatchObject({ error: { type: "invalid_request_error" } });
    }
    expect(await call("GET", "/v1/batches?limit=101")).toMatchObject({ error: { param: "limit" } });
    expect(await call("GET", "/v1/batches?after=x")).toMatchObject({ error: { param: "after" } });
    expect(await call("PUT", "/v1/batches")).toHaveProperty("error");
    expect(server.counts.batches).toEqual({});
  });

  it("gives back the tokens of batches that have ended", async () => {
    await start({ enqueuedTokens: 2 });
    const file = await upload(line("a", "12345678"));
    const stateOf = async (): Promise<unknown> => {
      const { id } = await create(file);
      server.advance(60_000);
      return (await call("GET", `/v1/batches/${id as string}`))["status"];
    };
    expect(await stateOf()).toBe("in_progress");
    expect(await stateOf()).toBe("failed");
    server.advance(60_001);
    expect(await stateOf()).toBe("in_progress");
  });
});
