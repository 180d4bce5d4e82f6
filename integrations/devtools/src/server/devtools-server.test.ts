import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RecordLog } from "../record/record-log.ts";
import { DevtoolsServer } from "./devtools-server.ts";
import type { RecordSource } from "./record-source.ts";

let folder: string;
let log: RecordLog;
let server: DevtoolsServer;
let address: string;
let watched: number[];
let source: RecordSource;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "llx-server-"));
  log = new RecordLog(join(folder, "run.ndjson"));
  watched = [];
  source = { current: () => log, watched: (pages) => void watched.push(pages) };
  server = new DevtoolsServer(source, true);
  address = await server.listen(0);
});

afterEach(async () => {
  await server.close();
  log.close();
  rmSync(folder, { recursive: true });
});

function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(new URL(path, address), { headers, method }, resolve).on("error", reject).end();
  return promise;
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let body = "";
  for await (const piece of response) body += String(piece);
  return body;
}

/** Reads a stream of events until a text has come. */
async function readUntil(response: IncomingMessage, text: string): Promise<string> {
  let all = "";
  for await (const piece of response.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    all += String(piece);
    if (all.includes(text)) return all;
  }
  throw new Error(`the stream ended without ${text}: ${all}`);
}

const exit = (code: number): void => log.add({ kind: "exit", time: 1, code });

describe("DevtoolsServer", () => {
  it("listens on the loopback interface alone, at an address that cannot be guessed", () => {
    const [, port, token] = /^http:\/\/127\.0\.0\.1:(\d+)\/([\w-]+)\/$/.exec(address)!;
    expect(Number(port)).toBeGreaterThan(0);
    expect(token).toHaveLength(32);
  });

  it("serves the page, its script and its style, which load nothing from elsewhere", async () => {
    const page = await get("");
    expect(page.statusCode).toBe(200);
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
    const policy = page.headers["content-security-policy"];
    expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/);
    expect(policy).not.toContain("unsafe");
    const html = await bodyOf(page);
    expect(html).not.toMatch(/https?:|<script>|<style|\son\w+=/);
    expect((await get("page.js")).headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect((await get("page.css")).headers["content-type"]).toBe("text/css; charset=utf-8");
  });

  it.each([
    ["without the token", "/", {}],
    ["with a wrong token", `/${"x".repeat(32)}/events`, {}],
    ["with a foreign Host", "", { host: "evil.example" }],
    ["with a foreign Origin", "events", { origin: "http://evil.example" }],
    ["from another site", "page.js", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }],
  ])("gives nothing to a request %s", async (_what, path, headers) => {
    exit(0);
    const response = await get(path, headers);
    expect(response.statusCode).toBe(403);
    expect(await bodyOf(response)).toBe("");
    expect(response.headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("knows no other path, and no other method", async () => {
    expect((await get("run.ndjson")).statusCode).toBe(404);
    expect((await get("constructor")).statusCode).toBe(404);
    expect((await get("", {}, "POST")).statusCode).toBe(403);
    expect(await bodyOf(await get("", {}, "HEAD"))).toBe("");
  });

  it("streams the record, and what is added to it", async () => {
    exit(1);
    const response = await get("events");
    expect(response.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    const first = await readUntil(response, '"code":1}\n\n');
    expect(first).toMatch(
      /^event: restart\ndata:\n\nid:[\w-]+\/\d+\ndata:\{"kind":"record","version":1,"time":\d+\}\ndata:\{"kind":"exit"/,
    );
    exit(2);
    expect(await readUntil(response, '"code":2}\n\n')).not.toContain('"code":1');
    response.destroy();
  });

  it("goes on where a page has got to", async () => {
    exit(1);
    const before = await get("events");
    const [, id] = /id:(\S+)\n/.exec(await readUntil(before, '"code":1}\n\n'))!;
    before.destroy();
    exit(2);
    const after = await get("events", { "last-event-id": id! });
    const more = await readUntil(after, '"code":2}\n\n');
    expect(more).toMatch(/^id:/);
    expect(more).not.toContain('"code":1');
    after.destroy();
  });

  it.each(["nonsense", "a/1", "/5", "%/-1"])("begins again for the unknown id %j", async (id) => {
    exit(1);
    const response = await get("events", { "last-event-id": id });
    expect(await readUntil(response, '"code":1}\n\n')).toMatch(/^event: restart\n/);
    response.destroy();
  });

  it("begins again when another record takes the place of the first", async () => {
    exit(1);
    const response = await get("events");
    await readUntil(response, '"code":1}\n\n');
    const first = log;
    log = new RecordLog(join(folder, "next.ndjson"));
    exit(2);
    first.close();
    const next = await readUntil(response, '"code":2}\n\n');
    expect(next).toMatch(/^event: restart\n/);
    expect(next).not.toContain('"code":1');
    response.destroy();
  });

  it("says when a record is complete, so that a page need not wait for more", async () => {
    exit(4);
    const whole = {
      path: log.path,
      size: log.size,
      isComplete: true,
      more: () => new Promise<void>(() => {}),
    };
    const opened = new DevtoolsServer({ current: () => whole }, true);
    const stream = await get(new URL("events", await opened.listen(0)).href);
    expect(await readUntil(stream, "event: complete")).toContain('"code":4');
    await opened.close();
  });

  it("serves several pages at once, and says how many there are", async () => {
    const pages = await Promise.all([get("events"), get("events")]);
    exit(7);
    for (const page of pages) expect(await readUntil(page, '"code":7')).toContain('"kind":"record"');
    expect(watched).toEqual([1, 2]);
    for (const page of pages) page.destroy();
    await server.close();
    expect(watched.slice(2)).toEqual([1, 0]);
  });

  it("does not keep in memory what a slow page has not read", async () => {
    const response = await get("events");
    await readUntil(response, '"kind":"record"');
    response.pause();
    const line = JSON.stringify({
      kind: "warning",
      source: "1",
      time: 1,
      code: "LLX_X",
      message: "x".repeat(100_000),
    });
    const memory = (): number => process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    const before = memory();
    for (let n = 0; n < 1_000; n++) {
      log.write([line]);
      if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    // 100 MB were written; what waits is what fits in one message and the buffers of the system.
    expect(log.size).toBeGreaterThan(100_000_000);
    expect(memory() - before).toBeLessThan(50_000_000);
    exit(3);
    let received = 0;
    let last = "";
    for await (const piece of response) {
      received += (piece as string).length;
      last = (last + String(piece)).slice(-1_000);
      if (last.includes('"code":3')) break;
    }
    expect(received).toBeGreaterThan(100_000_000);
  });

  it("sends a line that is longer than a piece", async () => {
    log.add({ kind: "warning", source: "1", time: 1, code: "LLX_X", message: "é".repeat(400_000) });
    const response = await get("events");
    expect(await readUntil(response, 'é"}\n\n')).toContain("é".repeat(400_000));
    response.destroy();
  });

  it("says which port cannot be used", async () => {
    const port = Number(new URL(address).port);
    await expect(new DevtoolsServer(source, true).listen(port)).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
