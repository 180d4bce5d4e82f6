import { getEventListeners, once } from "node:events";
import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { ApiTimeoutError, ConnectionError, RateLimitError } from "./index.ts";
import { answering, client, failure, serve, useLocalServers } from "./testing/local-server.ts";

useLocalServers();

/** A server that has written "one", and whose response the test continues. */
async function startedServer(): Promise<{ url: string; response: Promise<ServerResponse> }> {
  const started = Promise.withResolvers<ServerResponse>();
  const url = await serve((_request, response) => {
    response.writeHead(200, { "x-request-id": "req-1", "x-ratelimit-remaining-requests": "5" });
    response.write("one");
    started.resolve(response);
  });
  return { url, response: started.promise };
}

const text = (piece: Uint8Array | undefined): string => Buffer.from(piece!).toString();

describe("stream", () => {
  it("returns the headers first, then the chunks as they arrive", async () => {
    const { url, response } = await startedServer();
    const answer = await client().stream(url, {});
    expect(answer).toMatchObject({
      status: 200,
      requestId: "req-1",
      rateLimits: { requests: { remaining: 5 } },
    });
    expect(answer.header("X-Request-Id")).toBe("req-1");
    const reader = answer.body.getReader();
    const first = await reader.read();
    expect(first.value).toBeInstanceOf(Uint8Array);
    expect(text(first.value)).toBe("one");
    (await response).write("two");
    expect(text((await reader.read()).value)).toBe("two");
    (await response).end();
    expect(await reader.read()).toEqual({ done: true, value: undefined });
  });

  it("can be read as lines", async () => {
    const url = await serve(answering(200, "data: häß\n\ndata: lich\n"));
    const { body } = await client().stream(url, {});
    let rest = "";
    const lines: string[] = [];
    for await (const part of body.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + part).split("\n");
      rest = parts.pop()!;
      lines.push(...parts);
    }
    expect(lines).toEqual(["data: häß", "", "data: lich"]);
  });

  it("throws for a status that is not 2xx as postJson does", async () => {
    const url = await serve(answering(429, '{"error":{"message":"slow down"}}', { "retry-after": "3" }));
    const error = await failure(client().stream(url, {}, { attempt: 2 }));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({
      message: "Example responded with 429: slow down (after 2 requests)",
      retryAfter: 3000,
      attempt: 2,
    });
  });

  it("times out if no headers arrive", async () => {
    const url = await serve(() => {});
    expect(await failure(client({ timeout: 30 }).stream(url, {}))).toBeInstanceOf(ApiTimeoutError);
  });

  it("times out if an awaited chunk does not arrive", async () => {
    const { url } = await startedServer();
    const { body } = await client({ timeout: 400 }).stream(url, {});
    const reader = body.getReader();
    await reader.read();
    const error = await failure(reader.read());
    expect(error).toBeInstanceOf(ApiTimeoutError);
    expect(error).toMatchObject({
      message: "Example sent nothing more within 400 ms",
      requestId: "req-1",
      retryable: true,
    });
  });

  it("does not time out because of a slow reader", async () => {
    const { url, response } = await startedServer();
    const { body } = await client({ timeout: 30 }).stream(url, {});
    const reader = body.getReader();
    // As long as another request that times out.
    const silent = await serve(() => {});
    await failure(client({ timeout: 60 }).postJson(silent, {}));
    expect(text((await reader.read()).value)).toBe("one");
    await failure(client({ timeout: 60 }).postJson(silent, {}));
    (await response).end("two");
    expect(text((await reader.read()).value)).toBe("two");
  });

  it("fails if the response breaks off", async () => {
    const { url, response } = await startedServer();
    const { body } = await client().stream(url, {}, { attempt: 4 });
    const reader = body.getReader();
    await reader.read();
    (await response).destroy();
    const error = await failure(reader.read());
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).toContain(`Example broke off its response from ${url}: `);
    expect(error).toMatchObject({ status: 200, attempt: 4, retryable: true });
  });

  it("fails with the reason of the signal, whether it is being read or not, and leaves no listener", async () => {
    const reason = new Error("the user left");
    for (const reads of [true, false]) {
      const { url, response } = await startedServer();
      const controller = new AbortController();
      const { body } = await client().stream(url, {}, { signal: controller.signal });
      const gone = once((await response).socket!, "close");
      const reader = body.getReader();
      if (reads) await reader.read();
      const next = reads ? failure(reader.read()) : undefined;
      controller.abort(reason);
      expect(await (next ?? failure(reader.read()))).toBe(reason);
      await gone;
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    }
  });

  it("frees the connection when the reader leaves early", async () => {
    const controller = new AbortController();
    const http = client();
    const leave: ((body: ReadableStream<Uint8Array>) => Promise<void>)[] = [
      (body) => body.cancel(),
      async (body) => {
        for await (const piece of body) {
          expect(text(piece)).toBe("one");
          break;
        }
      },
      async (body) => {
        const reader = body.getReader();
        await reader.read();
        const next = reader.read();
        await reader.cancel();
        expect(await next).toEqual({ done: true, value: undefined });
      },
    ];
    for (const how of leave) {
      const { url, response } = await startedServer();
      const { body } = await http.stream(url, {}, { signal: controller.signal });
      const gone = once((await response).socket!, "close");
      await how(body);
      await gone;
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    }
    await http.aclose();
  });

  it("keeps the connection when the reader reads to the end", async () => {
    const sockets = new Set<unknown>();
    const url = await serve((request, response) => {
      sockets.add(request.socket);
      response.end("all");
    });
    const http = client();
    for (let times = 0; times < 6; times++) {
      const { body } = await http.stream(url, {});
      for await (const piece of body) expect(text(piece)).toBe("all");
    }
    // undici frees a connection a turn after its response has ended.
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  it("does not read ahead of the reader", async () => {
    const piece = Buffer.alloc(64 * 1024);
    let sent = 0;
    const url = await serve((_request, response) => {
      const write = (): void => {
        while (sent < 1000) {
          sent++;
          if (!response.write(piece)) return void response.once("drain", write);
        }
        response.end();
      };
      write();
    });
    const { body } = await client().stream(url, {});
    // System buffers fill first; a server that makes no progress while others are served is held back.
    const other = { http: client(), url: await serve(answering(200, "{}")) };
    for (let before = -1; before !== sent;) {
      before = sent;
      for (let times = 0; times < 50; times++) {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        await other.http.postJson(other.url, {});
      }
    }
    expect(sent).toBeLessThan(900);
    let received = 0;
    for await (const part of body) received += part.length;
    expect(received).toBe(1000 * piece.length);
  });
});
