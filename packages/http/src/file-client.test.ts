import { Buffer } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { FileClient, type LinesOptions } from "./files.ts";
import {
  ApiTimeoutError,
  AuthenticationError,
  ConnectionError,
  type HttpClientOptions,
  MalformedResponseError,
  NotFoundError,
} from "./index.ts";
import {
  afterThisTest,
  answering,
  closed,
  failure,
  key,
  serve,
  serveRaw,
  useLocalServers,
} from "./testing/local-server.ts";

useLocalServers();

function files(options: Partial<HttpClientOptions> = {}): FileClient {
  const made = new FileClient({
    provider: "Example",
    headers: { authorization: `Bearer ${key}` },
    ...options,
  });
  afterThisTest(() => made.aclose({ abort: true }));
  return made;
}

const serveAsync = (
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<string> => serve((request, response) => void answer(request, response));

async function* pieces(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

async function readAll(url: string, options?: LinesOptions, client = files()): Promise<string[]> {
  const found: string[] = [];
  for await (const line of client.lines(url, options)) found.push(line.toString());
  return found;
}

describe("a client of files", () => {
  it("gets, posts and deletes", async () => {
    const asked: string[] = [];
    const url = await serveAsync(async (request, response) => {
      const body = await text(request);
      asked.push(`${request.method} ${request.url} ${request.headers["content-type"]} ${body}`);
      expect(request.headers["authorization"]).toBe(`Bearer ${key}`);
      response.end(request.method === "DELETE" ? "" : '{"id":1}');
    });
    const client = files();
    expect((await client.getJson(`${url}/a?limit=2`)).body).toEqual({ id: 1 });
    expect((await client.postJson(`${url}/b`, { c: 1 })).body).toEqual({ id: 1 });
    await client.delete(`${url}/d`);
    expect(asked).toEqual([
      "GET /a?limit=2 undefined ",
      'POST /b application/json {"c":1}',
      "DELETE /d undefined ",
    ]);
  });

  it("has the errors of every client, without the key", async () => {
    const url = await serve(answering(404, JSON.stringify({ error: { message: `no file (${key})` } })));
    const error = await failure(files().getJson(`${url}/files/x`));
    expect(error).toBeInstanceOf(NotFoundError);
    expect((error as Error).message).toBe(
      `Example responded with 404 at ${url}/files/x: no file ([redacted])`,
    );
    expect(files().redact(`the key (${key})\nis wrong`)).toBe("the key ([redacted]) is wrong");
    expect(inspect(files(), { depth: 9 })).not.toContain(key);
    await expect(files().getJson(url, { parse: () => 1 } as never)).rejects.toThrow(
      "there is no option parse",
    );
  });

  it("refuses requests after it is closed", async () => {
    const client = files();
    await client.aclose();
    await expect(client.getJson("http://127.0.0.1:1/")).rejects.toThrow("the Example client is closed");
    await expect(readAll("http://127.0.0.1:1/", {}, client)).rejects.toThrow("the Example client is closed");
  });

  it("signs every kind of request", async () => {
    const signed: string[] = [];
    const url = await serveAsync(async (request, response) => {
      expect(request.headers["x-signature"]).toBe("s");
      await text(request);
      response.end("{}");
    });
    const client = files({
      sign: ({ method, body }) => {
        signed.push(`${method} ${body}`);
        return { "x-signature": "s" };
      },
    });
    await client.getJson(url);
    await client.postJson(url, []);
    await client.delete(url);
    await client.upload(url, { fields: {}, name: "f", bytes: 1, open: () => pieces("a") });
    expect(signed).toEqual(["GET ", "POST []", "DELETE ", "POST "]);
  });
});

describe("an upload", () => {
  it("sends the form that servers read, with its length", async () => {
    let received: FormData | undefined;
    const url = await serveAsync(async (request, response) => {
      const body = await text(request);
      expect(Number(request.headers["content-length"])).toBe(Buffer.byteLength(body));
      const type = request.headers["content-type"]!;
      received = await new Response(body, { headers: { "content-type": type } }).formData();
      response.end('{"id":"file-1"}');
    });
    const { body } = await files().upload(url, {
      fields: { purpose: "batch" },
      name: "a-1.jsonl",
      bytes: 8,
      open: () => pieces("ä\n", "b\nc\n\n"),
    });
    expect(body).toEqual({ id: "file-1" });
    expect(received!.get("purpose")).toBe("batch");
    const file = received!.get("file") as File;
    expect(file.name).toBe("a-1.jsonl");
    expect(await file.text()).toBe("ä\nb\nc\n\n");
  });

  it.each([
    ["less", 9, "the file to upload has 8 bytes, not 9 bytes as stated; state its size after it is written"],
    ["more", 7, "the file to upload has more, not 7 bytes as stated; state its size after it is written"],
  ])("of %s than it states is no file at the server", async (_what, bytes, message) => {
    let ended = false;
    const url = await serve((request, response) => {
      request.on("error", () => {}).resume();
      request.on("end", () => {
        ended = request.complete;
        response.end("{}");
      });
    });
    const file = { fields: {}, name: "a", bytes, open: () => pieces("12345678") };
    const error = await failure(files().upload(url, file));
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message, retryable: false });
    expect(ended).toBe(false);
  });

  it("fails with what reading the file throws", async () => {
    const url = await serve((request) => void request.on("error", () => {}).resume());
    const problem = new Error("the disk is gone");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("1");
      throw problem;
    }
    const file = { fields: {}, name: "a", bytes: 5, open: broken };
    expect(await failure(files().upload(url, file))).toBe(problem);
  });

  it("is refused before all of it is sent, with the service's words", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(401).end('{"error":{"message":"no such key"}}');
    });
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(2 ** 16);
    }
    const file = { fields: {}, name: "a", bytes: 2 ** 40, open: endless };
    const error = await failure(files().upload(url, file));
    expect(error).toBeInstanceOf(AuthenticationError);
  });

  it("times out when the service accepts no more of it, however long the file takes to read", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    afterThisTest(() => vi.useRealTimers());
    const url = await serve((request) => void request.pause());
    const slow = Promise.withResolvers<void>();
    const read = Promise.withResolvers<void>();
    async function* file(): AsyncGenerator<Uint8Array> {
      read.resolve();
      await slow.promise;
      for (;;) yield Buffer.alloc(2 ** 20);
    }
    const upload = failure(
      files().upload(url, { fields: {}, name: "a", bytes: 2 ** 40, open: file }, { timeout: 1_000 }),
    );
    await read.promise;
    await vi.advanceTimersByTimeAsync(5_000);
    slow.resolve();
    const ended = { is: false };
    void upload.then(() => (ended.is = true));
    // Until the buffers of the connection are full.
    while (!ended.is) {
      // oxlint-disable-next-line no-await-in-loop -- one step after another
      await new Promise(setImmediate);
      // oxlint-disable-next-line no-await-in-loop
      await vi.advanceTimersByTimeAsync(1);
    }
    const error = await upload;
    expect(error).toBeInstanceOf(ApiTimeoutError);
    expect((error as Error).message).toBe("Example accepted no more of the upload within 1000 ms");
  });

  it.each([
    [{ name: 'a".jsonl' }, TypeError, 'not "a\\".jsonl"'],
    [{ fields: { "a\r\nb": "" } }, TypeError, "the names of a form must be"],
    [{ bytes: 1.5 }, RangeError, "bytes must be"],
    [{ open: undefined }, TypeError, "open must be"],
  ])("refuses %o before anything is sent", async (change, type, message) => {
    const file = { fields: {}, name: "a", bytes: 1, open: () => pieces("a"), ...change };
    const error = await failure(files().upload("http://127.0.0.1:1/", file as never));
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toContain(message);
  });
});

describe("a file of lines", () => {
  const sending =
    (...parts: string[]) =>
    (_request: IncomingMessage, response: ServerResponse): void => {
      for (const part of parts) response.write(part);
      response.end();
    };

  it("is read line by line, wherever its pieces end", async () => {
    const url = await serve(sending("one\ntw", "o\r\n", "\n\n", "thr", "ee", "\nlast"));
    expect(await readAll(url)).toEqual(["one", "two", "three", "last"]);
    expect(await readAll(await serve(sending()))).toEqual([]);
  });

  it("is decompressed", async () => {
    const { gzipSync } = await import("node:zlib");
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("a\nb\n"));
    });
    expect(await readAll(url)).toEqual(["a", "b"]);
  });

  it("fails at a line that is too long, and closes the connection", async () => {
    let connection: IncomingMessage["socket"] | undefined;
    const url = await serve((request, response) => {
      connection = request.socket;
      response.write("1234\n");
      const pour = (): void => {
        while (!response.destroyed && response.write("x".repeat(2 ** 16)));
      };
      response.on("drain", pour);
      pour();
    });
    const found: string[] = [];
    const error = await failure(
      (async () => {
        for await (const line of files().lines(url, { maxLineBytes: 4 })) found.push(line.toString());
      })(),
    );
    expect(found).toEqual(["1234"]);
    expect(error).toBeInstanceOf(MalformedResponseError);
    expect(error).toMatchObject({ retryable: false });
    expect((error as Error).message).toBe("Example responded with 200 and a line of more than 4 bytes");
    await closed(connection!);
  });

  it.each([
    ["with a length", "content-length: 100\r\n\r\na\nb\n"],
    ["in chunks", "transfer-encoding: chunked\r\n\r\n4\r\na\nb\n\r\n"],
  ])("that is cut off is an error: %s", async (_what, rest) => {
    const { url } = await serveRaw((socket) => socket.end(`HTTP/1.1 200 OK\r\n${rest}`));
    const found: string[] = [];
    const error = await failure(
      (async () => {
        for await (const line of files().lines(url)) found.push(line.toString());
      })(),
    );
    expect(found).toEqual(["a", "b"]);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ retryable: true });
  });

  it("times out when nothing more arrives, but not while nobody asks for more", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    afterThisTest(() => vi.useRealTimers());
    const url = await serve((_request, response) => void response.write("a\n"));
    const lines = files().lines(url, { timeout: 1_000 });
    expect((await lines.next()).value!.toString()).toBe("a");
    await vi.advanceTimersByTimeAsync(10_000);
    const next = failure(lines.next());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await next).toBeInstanceOf(ApiTimeoutError);
  });

  it("ends with the signal's reason, and with the reader who leaves", async () => {
    const sockets: IncomingMessage["socket"][] = [];
    const url = await serve((request, response) => {
      sockets.push(request.socket);
      response.write("a\n");
    });
    const client = files();
    const abort = new AbortController();
    const lines = client.lines(url, { signal: abort.signal });
    await lines.next();
    const reason = new Error("enough");
    abort.abort(reason);
    expect(await failure(lines.next())).toBe(reason);
    for await (const line of client.lines(url)) {
      expect(line.toString()).toBe("a");
      break;
    }
    await Promise.all(sockets.map(closed));
    await client.aclose();
  });

  it("is an error that the service reports before it begins", async () => {
    const url = await serve(answering(503, "busy"));
    const error = await failure(readAll(url));
    expect(error).toMatchObject({ status: 503, retryable: true });
  });
});
