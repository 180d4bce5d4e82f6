import {
  constants,
  createSecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from "node:http2";
import { describe, expect, it } from "vitest";
import { ApiTimeoutError, ConnectionError, MalformedResponseError, ServerError } from "./api-error.ts";
import { selfSigned } from "./testing/certificate.ts";
import { afterThisTest, client, failure, listen, trust, useLocalServers } from "./testing/local-server.ts";

useLocalServers();

const certificate = selfSigned();

interface Served {
  readonly url: string;
  readonly sessions: Set<ServerHttp2Session>;
}

/** A server of HTTP/2 only, which handles the n-th request, from 0, after it has arrived whole. */
async function serve(
  handle: (stream: ServerHttp2Stream, request: number) => void,
  settings: ServerOptions["settings"] = {},
): Promise<Served> {
  const sessions = new Set<ServerHttp2Session>();
  let requests = 0;
  const server = createSecureServer({ ...certificate, settings });
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => {});
    stream.resume().on("end", () => handle(stream, requests++));
  });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {});
    session.on("close", () => sessions.delete(session));
  });
  afterThisTest(() => {
    for (const session of sessions) session.destroy();
  });
  trust(certificate.cert);
  return { url: `https://localhost:${await listen(server)}`, sessions };
}

function respond(stream: ServerHttp2Stream, body: object = { ok: true }, status = 200): void {
  stream.respond({ ":status": status, "content-type": "application/json" });
  stream.end(JSON.stringify(body));
}

describe("a fault of HTTP/2", () => {
  it.each([
    ["cancelled", constants.NGHTTP2_CANCEL],
    ["ended by an internal error", constants.NGHTTP2_INTERNAL_ERROR],
    ["ended as the client asks too much", constants.NGHTTP2_ENHANCE_YOUR_CALM],
  ])("is a stream that is %s: a connection error that may be retried", async (_how, code) => {
    const { url } = await serve((stream, request) => (request === 0 ? stream.close(code) : respond(stream)));
    const http = client({ http2: true, timeout: 5_000 });
    const error = await failure(http.postJson(url, {}));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ retryable: true });
    expect((await http.postJson(url, {})).body).toEqual({ ok: true });
  });

  it("is none if a stream is refused before it is processed: it is sent again at once", async () => {
    const { url } = await serve((stream, request) =>
      request === 0 ? stream.close(constants.NGHTTP2_REFUSED_STREAM) : respond(stream, { request }),
    );
    expect((await client({ http2: true, timeout: 5_000 }).postJson(url, {})).body).toEqual({ request: 1 });
  });

  it("is a body that breaks off, which may be retried", async () => {
    const { url } = await serve((stream, request) => {
      if (request > 0) return respond(stream);
      stream.respond({ ":status": 200, "content-type": "application/json" });
      stream.write('{"ok":', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    });
    const http = client({ http2: true, timeout: 5_000 });
    const error = await failure(http.postJson(url, {}));
    // Without a length in the headers, the reset is taken for the end.
    expect(error).toBeInstanceOf(MalformedResponseError);
    expect(error).toMatchObject({ retryable: true });
    expect((await http.postJson(url, {})).body).toEqual({ ok: true });
  });

  it("is a connection that ends with requests in flight: each fails, and the next ones get a new one", async () => {
    const { url } = await serve((stream, request) => {
      if (request > 2) respond(stream);
      else if (request === 2) stream.session!.destroy();
    });
    const http = client({ http2: true, timeout: 5_000 });
    const errors = await Promise.all([1, 2, 3].map(() => failure(http.postJson(url, {}))));
    for (const error of errors) {
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ retryable: true });
    }
    expect((await http.postJson(url, {})).body).toEqual({ ok: true });
  });

  it("is a notice to go away: what is in flight is responded to, and the next request has a new connection", async () => {
    const { url } = await serve((stream, request) => {
      if (request === 0) stream.session!.goaway(constants.NGHTTP2_NO_ERROR);
      respond(stream, { request });
    });
    const http = client({ http2: true, timeout: 5_000 });
    expect((await http.postJson(url, {})).body).toEqual({ request: 0 });
    expect((await http.postJson(url, {})).body).toEqual({ request: 1 });
  });

  it("is a response that stalls: the time-out ends it, also within the body", async () => {
    const { url } = await serve((stream, request) => {
      if (request === 0) return;
      stream.respond({ ":status": 200, "content-type": "application/json" });
      stream.write('{"ok":');
    });
    const http = client({ http2: true, timeout: 100 });
    for (const _ of ["before the headers", "within the body"]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect(await failure(http.postJson(url, {}))).toBeInstanceOf(ApiTimeoutError);
    }
  });

  it("is none if only one stream may be open at once: the others wait", async () => {
    let open = 0;
    let most = 0;
    const { url } = await serve(
      (stream) => {
        most = Math.max(most, ++open);
        setImmediate(() => {
          open--;
          respond(stream);
        });
      },
      { maxConcurrentStreams: 1 },
    );
    const http = client({ http2: true, timeout: 5_000 });
    await http.postJson(url, {});
    const responses = await Promise.all(Array.from({ length: 5 }, () => http.postJson(url, {})));
    expect(responses.map(({ body }) => body)).toEqual(Array.from({ length: 5 }, () => ({ ok: true })));
    expect(most).toBe(1);
  });

  it("with a status is the error of that status", async () => {
    const { url } = await serve((stream) => respond(stream, { error: { message: "busy" } }, 503));
    const error = await failure(client({ http2: true }).postJson(url, {}));
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ status: 503, message: expect.stringContaining("busy") as string });
  });

  it("leaves no connection after the client is closed", async () => {
    const { url, sessions } = await serve((stream, request) =>
      request === 0 ? stream.close(constants.NGHTTP2_CANCEL) : respond(stream),
    );
    const http = client({ http2: true, timeout: 5_000 });
    await failure(http.postJson(url, {}));
    await http.postJson(url, {});
    const closed = [...sessions].map((session) => new Promise((resolve) => session.on("close", resolve)));
    expect(closed.length).toBeGreaterThan(0);
    await http.aclose();
    await Promise.all(closed);
    expect(sessions.size).toBe(0);
  });
});
