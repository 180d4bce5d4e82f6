import { createServer } from "node:https";
import { beforeEach, describe, expect, it } from "vitest";
import type { HttpClient } from "./index.ts";
import { selfSigned } from "./testing/certificate.ts";
import { client, closed, failure, listen, trust, useLocalServers } from "./testing/local-server.ts";
import { initialWindowSize, maxConcurrentStreams, type RawSession, serveHttp2 } from "./testing/raw-http2.ts";

useLocalServers();

const certificate = selfSigned();
beforeEach(() => trust(certificate.cert));

const over2 = (timeout = 10_000): HttpClient => client({ http2: true, timeout });
/** Long enough for nothing else to be the reason. */
const short = 150;

describe("RST_STREAM before a response", () => {
  it.each([
    [0, "no connection to Example at URL: HTTP/2: stream half-closed (remote)", true, false, 1],
    [
      1,
      "no connection to Example at URL: Stream closed with error code NGHTTP2_PROTOCOL_ERROR",
      true,
      false,
      1,
    ],
    [
      2,
      "no connection to Example at URL: Stream closed with error code NGHTTP2_INTERNAL_ERROR",
      true,
      false,
      1,
    ],
    // undici sends it once more: the server has not processed it.
    [7, "Example at URL refused the request over HTTP/2 (REFUSED_STREAM)", true, true, 2],
    [8, /^no connection to Example at URL: HTTP\/2: stream closed/, true, false, 1],
    [11, "Example at URL asks for fewer requests over HTTP/2 (ENHANCE_YOUR_CALM)", true, true, 1],
    [13, "Example at URL requires HTTP/1.1 (HTTP_1_1_REQUIRED): omit http2", false, false, 1],
  ])("with code %d", async (code, message, retryable, refused, sent) => {
    const { url, requests, sessions } = await serveHttp2(certificate, (session, stream) =>
      session.reset(stream, code),
    );
    const error = (await failure(over2().postJson(url, {}))) as Error;
    expect(error).toMatchObject({ name: "ConnectionError", retryable, refused });
    expect(error.message.replace(url, "URL")).toEqual(
      typeof message === "string" ? message : expect.stringMatching(message),
    );
    expect([requests(), sessions.length]).toEqual([sent, 1]);
  });
});

it("a connection that ends fails each request in flight, and the next one gets a new connection", async () => {
  const { url, sessions } = await serveHttp2(certificate, (session, stream, request) => {
    if (request > 2) session.answer(stream);
    else if (request === 2) session.socket.destroy();
  });
  const http = over2();
  const errors = await Promise.all([1, 2, 3].map(() => failure(http.postJson(url, {}))));
  for (const error of errors) expect(error).toMatchObject({ name: "ConnectionError", retryable: true });
  expect((await http.postJson(url, {})).body).toEqual({});
  expect(sessions).toHaveLength(2);
});

describe("a response that breaks off", () => {
  const breaks: readonly (readonly [string, (session: RawSession, stream: number) => void])[] = [
    ["by INTERNAL_ERROR", (session, stream) => session.reset(stream, 2)],
    ["by REFUSED_STREAM", (session, stream) => session.reset(stream, 7)],
    ["by ENHANCE_YOUR_CALM", (session, stream) => session.reset(stream, 11)],
    ["with its connection", (session) => session.socket.end()],
    ["with its connection, at once", (session) => void session.socket.destroy()],
  ];

  it.each(breaks)("%s fails in each way to read it", async (_how, breakOff) => {
    const { url } = await serveHttp2(certificate, (session, stream) => {
      session.headers(stream, 200);
      session.data(stream, '{"a":');
      breakOff(session, stream);
    });
    const http = over2();
    const read = async (): Promise<void> => {
      for await (const _ of (await http.stream(url, {})).body);
    };
    for (const work of [() => http.postJson(url, {}), () => http.postBytes(url, {}), read]) {
      // oxlint-disable-next-line no-await-in-loop -- one connection after another
      const error = await failure(work());
      expect(error).toMatchObject({ name: "ConnectionError", retryable: true, refused: false });
    }
  });

  it.each([0, 8])(
    "by a cancellation (%d), which undici takes for its end, is no valid JSON",
    async (code) => {
      const { url } = await serveHttp2(certificate, (session, stream) => {
        session.headers(stream, 200);
        session.data(stream, '{"data":[1,2');
        session.reset(stream, code);
      });
      expect(await failure(over2().postJson(url, {}))).toMatchObject({ retryable: true });
    },
  );
});

describe("GOAWAY", () => {
  /** Two requests at once, then a GOAWAY on their connection; all others are answered with "new". */
  async function twoThenGoAway(last: number, code: number) {
    let first: RawSession | undefined;
    const waiting: number[] = [];
    const answered: string[] = [];
    const served = await serveHttp2(certificate, (session, stream) => {
      first ??= session;
      if (session !== first) {
        answered.push("new");
        return session.answer(stream, '"new"');
      }
      waiting.push(stream);
      if (waiting.length < 2) return;
      session.goAway(last, code);
      for (const each of waiting) if (each <= last) session.answer(each, '"old"');
      session.socket.end();
    });
    const http = over2();
    const outcomes = await Promise.all(
      [1, 2].map((n) =>
        http.postJson(served.url, { n }).then(
          ({ body }) => body,
          (error: unknown) => error,
        ),
      ),
    );
    const after = (await http.postJson(served.url, {})).body;
    return { outcomes, after, answered };
  }

  it("that covers all requests lets them end, and the next one gets a new connection", async () => {
    const { outcomes, after, answered } = await twoThenGoAway(2 ** 31 - 1, 0);
    expect([outcomes, after]).toEqual([["old", "old"], "new"]);
    expect(answered).toHaveLength(1);
  });

  it("that does not cover a request has it sent again, once, on a new connection", async () => {
    const { outcomes, answered } = await twoThenGoAway(1, 0);
    expect(outcomes).toEqual(["old", "new"]);
    expect(answered).toHaveLength(2);
  });

  it("with ENHANCE_YOUR_CALM refuses what it covers", async () => {
    let sent = 0;
    const { url } = await serveHttp2(certificate, (session, stream) => {
      if (sent++ > 0) return session.answer(stream);
      session.goAway(stream, 11);
      session.socket.end();
    });
    const http = over2();
    expect(await failure(http.postJson(url, {}))).toMatchObject({
      name: "ConnectionError",
      message: `Example at ${url} asks for fewer requests over HTTP/2 (ENHANCE_YOUR_CALM)`,
      retryable: true,
      refused: true,
    });
    expect((await http.postJson(url, {})).body).toEqual({});
  });
});

describe("flow control", () => {
  it("that stalls a request ends it with the time-out or the abort", async () => {
    const { url, sessions } = await serveHttp2(certificate, (session, stream) => session.answer(stream), {
      [initialWindowSize]: 1_000,
    });
    const http = over2(short);
    // No WINDOW_UPDATE is ever sent.
    const large = { text: "x".repeat(1_000_000) };
    expect(await failure(http.postJson(url, large))).toMatchObject({
      name: "ApiTimeoutError",
      retryable: true,
    });
    const controller = new AbortController();
    const leaving = failure(http.postJson(url, large, { signal: controller.signal, timeout: 10_000 }));
    setImmediate(() => controller.abort("left"));
    expect(await leaving).toBe("left");
    expect((await http.postJson(url, {}, { timeout: 10_000 })).body).toEqual({});
    await http.aclose();
    await Promise.all(sessions.map(({ socket }) => closed(socket)));
  });

  it("that stalls a whole connection concerns no request after a time-out", async () => {
    // The window of the connection, 65,535 bytes, is used up by the first request.
    const { url, sessions } = await serveHttp2(certificate, (session, stream) => session.answer(stream), {
      [initialWindowSize]: 1_000_000,
    });
    const http = over2(short);
    await failure(http.postJson(url, { text: "x".repeat(1_000_000) }));
    expect((await http.postJson(url, {}, { timeout: 2_000 })).body).toEqual({});
    expect(sessions).toHaveLength(2);
    await http.aclose();
    await Promise.all(sessions.map(({ socket }) => closed(socket)));
  });

  it("that stalls a stream does so too", async () => {
    const { url, sessions } = await serveHttp2(certificate, (session, stream, request) => {
      if (request > 0) return session.answer(stream);
      session.headers(stream, 200);
      session.data(stream, "begun");
    });
    const http = over2(short);
    const { body } = await http.stream(url, {});
    await expect(Array.fromAsync(body)).rejects.toMatchObject({ name: "ApiTimeoutError" });
    expect((await http.postJson(url, {}, { timeout: 2_000 })).body).toEqual({});
    expect(sessions).toHaveLength(2);
  });

  it("that stalls the response ends with the time-out", async () => {
    const { url } = await serveHttp2(certificate, (session, stream) => {
      session.headers(stream, 200);
      session.data(stream, '{"a":');
    });
    expect(await failure(over2(short).postJson(url, {}))).toMatchObject({ name: "ApiTimeoutError" });
  });
});

describe("settings", () => {
  it("that allow one stream at a time are kept on each connection, and all requests end", async () => {
    const open = new Map<RawSession, number>();
    let most = 0;
    const { url } = await serveHttp2(
      certificate,
      (session, stream) => {
        const running = (open.get(session) ?? 0) + 1;
        open.set(session, running);
        most = Math.max(most, running);
        setImmediate(() => {
          open.set(session, open.get(session)! - 1);
          session.answer(stream);
        });
      },
      { [maxConcurrentStreams]: 1 },
    );
    const http = over2();
    // The settings arrive before the first response.
    await http.postJson(url, {});
    const answers = await Promise.all(Array.from({ length: 6 }, () => http.postJson(url, {})));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 200));
    expect(most).toBe(1);
  });

  it("that allow no stream end with the time-out; once they are raised, requests work", async () => {
    const { url, sessions, requests } = await serveHttp2(
      certificate,
      (session, stream) => session.answer(stream),
      { [maxConcurrentStreams]: 0 },
    );
    const http = over2(short);
    // It is sent before the settings arrive.
    expect((await http.postJson(url, {}, { timeout: 10_000 })).body).toEqual({});
    const waiting = http.postJson(url, {}, { timeout: 10_000 });
    expect(await failure(http.postJson(url, {}))).toMatchObject({ name: "ApiTimeoutError", retryable: true });
    expect(requests()).toBe(1);
    sessions[0]!.settings({ [maxConcurrentStreams]: 10 });
    expect((await waiting).body).toEqual({});
    expect(requests()).toBe(2);
  });
});

it("a response of headers only has no JSON if it is a success, and counts by its status otherwise", async () => {
  const { url } = await serveHttp2(certificate, (session, stream, request) =>
    session.headers(stream, request === 0 ? 200 : 401, true),
  );
  const http = over2();
  expect(await failure(http.postJson(url, {}))).toMatchObject({ name: "MalformedResponseError" });
  expect(await failure(http.postJson(url, {}))).toMatchObject({
    name: "AuthenticationError",
    status: 401,
    retryable: false,
  });
});

it("interim statuses are skipped, the unasked 100 included", async () => {
  const { url } = await serveHttp2(certificate, (session, stream) => {
    session.headers(stream, 100);
    session.headers(stream, 103);
    session.answer(stream, '"fine"');
  });
  expect((await over2().postJson(url, {})).body).toBe("fine");
});

it("a server without HTTP/2 is used over HTTP/1.1", async () => {
  const server = createServer(certificate, (request, response) => {
    response.end(JSON.stringify(request.httpVersion));
  });
  const url = `https://localhost:${await listen(server)}`;
  expect((await over2().postJson(url, {})).body).toBe("1.1");
});

it("closing leaves no connection, also with abort while a request waits", async () => {
  let heard!: () => void;
  const waits = new Promise<void>((resolve) => (heard = resolve));
  const { url, sessions } = await serveHttp2(certificate, (session, stream, request) => {
    if (request === 0) session.answer(stream);
    else heard();
  });
  const http = over2();
  await http.postJson(url, {});
  const waiting = failure(http.postJson(url, {}));
  await waits;
  await http.aclose({ abort: true });
  expect(await waiting).toMatchObject({ retryable: false });
  await Promise.all(sessions.map(({ socket }) => closed(socket)));
  expect(sessions.length).toBeGreaterThan(0);
});
