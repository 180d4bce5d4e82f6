import type { Socket } from "node:net";
import { Agent, interceptors } from "undici";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { MalformedResponseError } from "./index.ts";
import {
  afterThisTest,
  client,
  closed,
  failure,
  rawAnswer,
  serveRaw,
  useLocalServers,
} from "./testing/local-server.ts";

useLocalServers();

const value = { data: Array.from({ length: 3000 }, (_, index) => index / 7) };
const json = JSON.stringify(value);

describe("a compressed response", () => {
  const packed: [string, Buffer][] = [
    ["gzip", gzipSync(json)],
    ["x-gzip", gzipSync(json)],
    ["GZIP", gzipSync(json)],
    ["br", brotliCompressSync(json)],
    ["zstd", zstdCompressSync(json)],
    ["deflate", deflateSync(json)],
    ["deflate", deflateRawSync(json)],
    ["deflate, gzip", gzipSync(deflateSync(json))],
    ["identity", Buffer.from(json)],
    ["identity, br", brotliCompressSync(json)],
  ];
  it.each(packed)("is read: %s", async (encoding, body) => {
    const { url } = await serveRaw((socket) => {
      const bytes = rawAnswer(200, body, { "content-encoding": encoding });
      // In two chunks, the first of which is the first byte of the body.
      socket.write(bytes.subarray(0, bytes.length - body.length + 1));
      setImmediate(() => socket.write(bytes.subarray(bytes.length - body.length + 1)));
    });
    const dispatcher = new Agent();
    afterThisTest(() => dispatcher.destroy());
    for (const http of [client(), client({ dispatcher })]) {
      expect((await http.postJson(url, {})).body).toEqual(value);
      expect(Buffer.from((await http.postBytes(url, {})).bytes).toString()).toBe(json);
      const pieces: Uint8Array[] = [];
      for await (const piece of (await http.stream(url, {})).body) pieces.push(piece);
      expect(Buffer.concat(pieces).toString()).toBe(json);
    }
  });

  it("keeps its connection", async () => {
    const { url, connections } = await serveRaw((socket) =>
      socket.write(rawAnswer(200, gzipSync(json), { "content-encoding": "gzip" })),
    );
    const http = client();
    // oxlint-disable-next-line no-await-in-loop -- one after another
    for (let times = 0; times < 6; times++) await http.postJson(url, {});
    // undici frees a connection a turn after its response has ended.
    expect(connections.size).toBeLessThanOrEqual(2);
  });

  it("is left to a dispatcher that decompresses", async () => {
    const dispatcher = new Agent().compose(interceptors.decompress());
    afterThisTest(() => dispatcher.destroy());
    const { url } = await serveRaw((socket) =>
      socket.write(rawAnswer(200, gzipSync(json), { "content-encoding": "gzip" })),
    );
    expect((await client({ dispatcher }).postJson(url, {})).body).toEqual(value);
  });

  it.each([
    ["gzip", "no gzip", "incorrect header check"],
    ["br", "no brotli at all, but words", "Decompression failed"],
    ["zstd", "no zstd at all, but words", "Unknown frame descriptor"],
    ["deflate", "xno deflate", "incorrect header check"],
    ["gzip", gzipSync(json).subarray(0, 500), "unexpected end of file"],
    ["gzip", "", "unexpected end of file"],
    ["deflate", "", "unexpected end of file"],
  ])("that is none is told of: %s", async (encoding, body, cause) => {
    const { url } = await serveRaw((socket) =>
      socket.write(rawAnswer(200, body, { "content-encoding": encoding })),
    );
    const error = await failure(client().postJson(url, {}));
    expect(error).toBeInstanceOf(MalformedResponseError);
    expect(error).toMatchObject({
      message: `Example responded with 200 and a body that cannot be decompressed (${cause})`,
      retryable: true,
    });
    const { body: stream } = await client().stream(url, {});
    const read = async (): Promise<void> => {
      for await (const piece of stream) expect(piece.length).toBeGreaterThan(0);
    };
    expect(await failure(read())).toMatchObject({ name: "MalformedResponseError" });
  });

  it("that breaks off is a broken connection", async () => {
    const body = gzipSync(json);
    const { url } = await serveRaw((socket) =>
      socket.end(rawAnswer(200, body, { "content-encoding": "gzip" }).subarray(0, -200)),
    );
    expect(await failure(client().postJson(url, {}))).toMatchObject({
      name: "ConnectionError",
      message: expect.stringContaining(`Example broke off its response from ${url}: `) as string,
    });
  });

  it.each([
    ["compress", "compress"],
    ["gzip, zzz", "gzip, zzz"],
    ["gzip, gzip, gzip, gzip", "gzip, gzip, gzip, gzip"],
    ["constructor", "constructor"],
  ])("is refused where nobody can read it: %s", async (encoding, shown) => {
    const { url, connections } = await serveRaw((socket) => {
      socket.write(rawAnswer(200, json, { "content-encoding": encoding }).subarray(0, -5));
    });
    const http = client();
    for (const send of ["postJson", "postBytes", "stream"] as const) {
      expect(await failure(http[send](url, {}))).toMatchObject({
        name: "MalformedResponseError",
        message: `Example responded with 200 and content-encoding ${shown}, which is not supported; gzip, br, zstd and deflate are`,
        retryable: false,
      });
    }
    for (const socket of connections) await closed(socket);
  });

  it("that breaks off while its stream is not read is reported to the next read", async () => {
    const begin = rawAnswer(200, gzipSync(json), { "content-encoding": "gzip" }).subarray(0, -100);
    const { url, connections } = await serveRaw((socket) => socket.write(begin));
    const http = client();
    const controller = new AbortController();
    const { body } = await http.stream(url, {});
    const { body: left } = await http.stream(url, {}, { signal: controller.signal });
    controller.abort("left");
    for (const socket of connections) {
      socket.destroy();
      await closed(socket);
    }
    // An unhandled error would have ended the process by now.
    const other = await serveRaw((socket) => socket.write(rawAnswer(200, "{}")));
    for (let times = 0; times < 20; times++) await http.postJson(other.url, {});
    const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
      for await (const piece of stream) expect(piece.length).toBeGreaterThan(0);
    };
    expect(await failure(read(body))).toMatchObject({ name: "ConnectionError" });
    expect(await failure(read(left))).toBe("left");
    await http.aclose();
  });

  it("ends at once if the caller aborts", async () => {
    const controller = new AbortController();
    const begin = rawAnswer(200, gzipSync(json), { "content-encoding": "gzip" }).subarray(0, -100);
    const { url } = await serveRaw((socket) => socket.write(begin, () => controller.abort("left")));
    const http = client();
    expect(await failure(http.postJson(url, {}, { signal: controller.signal }))).toBe("left");
    await http.aclose();
  });
});

describe("the bytes of a response", () => {
  const tooMany =
    "Example responded with 200 and more than 1,000 bytes; if such a large response is expected, raise maxBytes";

  /** Writes an endless body, and reports how much of it was read. */
  const endless = (head: string, piece: Buffer) => {
    const gone = Promise.withResolvers<void>();
    const answer = (socket: Socket): void => {
      socket.on("close", () => gone.resolve());
      socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n${head}\r\n`);
      const chunk = Buffer.concat([
        Buffer.from(`${piece.length.toString(16)}\r\n`),
        piece,
        Buffer.from("\r\n"),
      ]);
      const write = (): void => {
        while (!socket.destroyed) {
          if (!socket.write(chunk)) return void socket.once("drain", write);
        }
      };
      write();
    };
    return { answer, gone: gone.promise };
  };

  it("are limited while they arrive, and the connection is dropped", async () => {
    for (const [options, limit] of [
      [{ maxBytes: 1000 }, {}],
      [{}, { maxBytes: 1000 }],
    ]) {
      const { answer, gone } = endless("", Buffer.alloc(900, " "));
      const { url } = await serveRaw(answer);
      const http = client(options);
      for (const send of ["postJson", "postBytes"] as const) {
        const error = await failure(http[send](url, {}, limit));
        expect(error).toBeInstanceOf(MalformedResponseError);
        expect(error).toMatchObject({ message: tooMany, status: 200, retryable: false });
      }
      await gone;
      await http.aclose();
    }
  });

  it("are counted after decompression", async () => {
    const { answer, gone } = endless("content-encoding: gzip\r\n", gzipSync(Buffer.alloc(100_000, " ")));
    const { url } = await serveRaw(answer);
    expect(await failure(client({ maxBytes: 1000 }).postJson(url, {}))).toMatchObject({ message: tooMany });
    await gone;
    const { url: small } = await serveRaw((socket) =>
      socket.write(rawAnswer(200, gzipSync(JSON.stringify("x".repeat(999))), { "content-encoding": "gzip" })),
    );
    expect(await failure(client({ maxBytes: 1000 }).postJson(small, {}))).toMatchObject({ message: tooMany });
  });

  it("are refused before they arrive if the headers announce too many", async () => {
    const { url, connections } = await serveRaw((socket) =>
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n"),
    );
    const http = client({ maxBytes: 1000 });
    expect(await failure(http.postJson(url, {}))).toMatchObject({ message: tooMany, retryable: false });
    for (const socket of connections) await closed(socket);
    expect(await failure(client().postJson(url, {}, { maxBytes: 1000 }))).toMatchObject({ message: tooMany });
    // 600 MB, against the default limit.
    const { url: huge } = await serveRaw((socket) =>
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 600000000\r\n\r\n"),
    );
    expect(await failure(client().postJson(huge, {}))).toMatchObject({
      message:
        "Example responded with 200 and more than 268,435,456 bytes; if such a large response is expected, raise maxBytes",
    });
  });

  it("may be exactly as many as allowed", async () => {
    const { url } = await serveRaw((socket) => socket.write(rawAnswer(200, JSON.stringify("x".repeat(998)))));
    for (const maxBytes of [1000, Number.POSITIVE_INFINITY]) {
      expect((await client({ maxBytes }).postJson(url, {})).body).toHaveLength(998);
    }
    expect(await failure(client({ maxBytes: 999 }).postJson(url, {}))).toMatchObject({ retryable: false });
  });

  it("have no limit in a stream, except that of the request", async () => {
    const { url } = await serveRaw((socket) => socket.write(rawAnswer(200, "x".repeat(5000))));
    const http = client({ maxBytes: 1000 });
    let length = 0;
    for await (const piece of (await http.stream(url, {})).body) length += piece.length;
    expect(length).toBe(5000);
    const { answer, gone } = endless("", Buffer.alloc(900, " "));
    const { url: without } = await serveRaw(answer);
    const { body } = await http.stream(without, {}, { maxBytes: 1000 });
    const read = async (): Promise<void> => {
      for await (const piece of body) expect(piece.length).toBeLessThanOrEqual(1000);
    };
    expect(await failure(read())).toMatchObject({ message: tooMany });
    await gone;
    await http.aclose();
  });
});
