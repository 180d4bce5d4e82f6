import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer, type Socket } from "node:net";
import { retry } from "@llx/async";
import { Agent } from "undici";
import { describe, expect, it, vi } from "vitest";
import {
  afterThisTest,
  answering,
  client,
  failure,
  listen,
  serve,
  useLocalServers,
} from "./testing/local-server.ts";

useLocalServers();

/** A server whose responses the test sends. */
async function waitingServer(): Promise<{ url: string; arrived: Promise<ServerResponse> }> {
  const arrived = Promise.withResolvers<ServerResponse>();
  const url = await serve((_request, response) => arrived.resolve(response));
  return { url, arrived: arrived.promise };
}

describe("closing", () => {
  it("makes later use a clear error that is not retryable", async () => {
    const url = await serve(answering(200, "{}"));
    const http = client();
    await http.postJson(url, {});
    await Promise.all([http.aclose(), http.aclose({ abort: true })]);
    expect(http.closed).toBe(true);
    const attempt = vi.fn(() => http.postJson(url, {}));
    expect(await failure(retry(attempt))).toMatchObject({
      message: "the Example client is closed; make a new one",
      retryable: false,
    });
    expect(attempt).toHaveBeenCalledOnce();
  });

  it("leaves the user's dispatcher open, and waits for its own requests there", async () => {
    const dispatcher = new Agent();
    afterThisTest(() => dispatcher.close());
    const { url, arrived } = await waitingServer();
    const http = client({ dispatcher });
    const answer = http.postJson(url, {});
    const response = await arrived;
    let closed = false;
    const closing = http.aclose().then(() => (closed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    response.end('"late"');
    expect((await answer).body).toBe("late");
    await closing;
    const other = await serve(answering(200, "{}"));
    expect((await client({ dispatcher }).postJson(other, {})).status).toBe(200);
  });

  it("waits for requests in flight, then closes the connections", async () => {
    const { url, arrived } = await waitingServer();
    const http = client();
    const answer = http.postJson(url, {});
    const response = await arrived;
    const gone = once(response.socket!, "close");
    const closed = http.aclose();
    response.writeHead(200).end('"late"');
    expect((await answer).body).toBe("late");
    await closed;
    await gone;
    expect(http.closed).toBe(true);
  });

  it("waits for streams", async () => {
    const { url, arrived } = await waitingServer();
    const http = client();
    const streaming = http.stream(url, {});
    const response = await arrived;
    response.write("one");
    const { body } = await streaming;
    let closed = false;
    const closing = http.aclose().then(() => (closed = true));
    const reader = body.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe("one");
    expect(closed).toBe(false);
    response.end();
    expect((await reader.read()).done).toBe(true);
    await closing;
  });

  it("waits for no connection of a request that was aborted", async () => {
    const silent = createServer((socket) => socket.on("error", () => {}));
    const port = await listen(silent);
    const controller = new AbortController();
    const http = client();
    const waiting = failure(http.postJson(`https://127.0.0.1:${port}`, {}, { signal: controller.signal }));
    const [socket] = (await once(silent, "connection")) as [Socket];
    controller.abort("left");
    expect(await waiting).toBe("left");
    await http.aclose();
    socket.destroy();
  });

  it("ends requests in flight at once with abort, even while it already waits", async () => {
    const { url, arrived } = await waitingServer();
    const streamUrl = await serve((_request, response) => void response.write("one"));
    const http = client();
    const attempt = vi.fn(() => http.postJson(url, {}));
    const answer = failure(retry(attempt));
    const { body } = await http.stream(streamUrl, {});
    const reader = body.getReader();
    await reader.read();
    const next = failure(reader.read());
    const socket = (await arrived).socket!;
    const gone = once(socket, "close");
    const closing = http.aclose();
    await http.aclose({ abort: true });
    await closing;
    for (const error of [await answer, await next]) {
      expect(error).toMatchObject({
        name: "Error",
        message: "the Example client was closed while the request was in flight",
        retryable: false,
      });
    }
    expect(attempt).toHaveBeenCalledOnce();
    await gone;
  });
});
