import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from "./index.ts";
import {
  afterThisTest,
  client,
  closed,
  failure,
  key,
  rawAnswer,
  serve,
  serveRaw,
  useLocalServers,
} from "./testing/local-server.ts";

useLocalServers();

describe("the status of an error decides", () => {
  const begun =
    'HTTP/1.1 401 No\r\nx-request-id: r-1\r\ncontent-length: 99\r\n\r\n{"error":{"message":"bad key';
  it.each([
    ["stalls", (socket: Socket): unknown => socket.write(begun)],
    ["breaks off", (socket: Socket): unknown => socket.end(begun)],
    ["is reset", (socket: Socket): unknown => socket.write(begun, () => socket.resetAndDestroy())],
    ["does not come", (socket: Socket): unknown => socket.write(begun.slice(0, begun.indexOf("{")))],
  ])("where its body %s", async (_fault, answer) => {
    const { url } = await serveRaw(answer);
    for (const send of ["postJson", "postBytes", "stream"] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const error = await failure(client({ timeout: 500 })[send](url, {}));
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error).toMatchObject({ status: 401, retryable: false, requestId: "r-1" });
      // A reset may discard what arrived before it.
      expect((error as Error).message).toMatch(/^Example responded with 401(: bad key)?$/);
    }
  });

  it("if its body does not match its encoding, or has an unknown one", async () => {
    for (const [encoding, body] of [
      ["gzip", "no gzip"],
      ["zzz", "no gzip"],
      ["gzip", gzipSync("x".repeat(1000)).subarray(0, 10)],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const { url } = await serveRaw((socket) =>
        socket.write(rawAnswer(429, body, { "content-encoding": encoding })),
      );
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const error = await failure(client().postJson(url, {}));
      expect(error).toBeInstanceOf(RateLimitError);
      expect(error).toMatchObject({ message: "Example responded with 429", refused: true });
    }
  });

  it("after five seconds, if the request has no time-out", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    afterThisTest(() => vi.useRealTimers());
    const { url } = await serveRaw((socket) => socket.write(begun));
    const seen: unknown[] = [];
    const waiting = failure(client({ timeout: Number.POSITIVE_INFINITY }).postJson(url, {}));
    void waiting.then((error) => seen.push(error));
    while (seen.length === 0) {
      // oxlint-disable-next-line no-await-in-loop -- until it is there
      await new Promise((resolve) => setImmediate(resolve));
      // oxlint-disable-next-line no-await-in-loop -- until it is there
      await vi.advanceTimersByTimeAsync(5000);
    }
    expect(seen).toMatchObject([{ message: "Example responded with 401: bad key" }]);
  });

  it("but not if the caller aborts", async () => {
    const controller = new AbortController();
    const { url } = await serveRaw((socket) => socket.write(begun, () => controller.abort("left")));
    const http = client();
    expect(await failure(http.postJson(url, {}, { signal: controller.signal }))).toBe("left");
    await http.aclose();
  });
});

it("decompresses the body of an error", async () => {
  const body = gzipSync('{"detail":"no such model"}');
  const { url } = await serveRaw((socket) =>
    socket.write(rawAnswer(404, body, { "content-encoding": "gzip" })),
  );
  expect(await failure(client().postJson(url, {}))).toMatchObject({
    message: `Example responded with 404 at ${new URL(url).href}: no such model`,
  });
});

it("reads no more of the body of an error than its beginning, and drops the connection", async () => {
  const sent = Promise.withResolvers<Socket>();
  const url = await serve((_request, response) => {
    sent.resolve(response.socket!);
    response.writeHead(422);
    response.write('{"detail":[{"loc":["body","input"],"msg":"too long","input":"');
    const write = (): void => {
      while (!response.destroyed) {
        if (!response.write("short text ".repeat(1000))) return void response.once("drain", write);
      }
    };
    write();
  });
  const error = await failure(client().postJson(url, {}));
  expect(error).toBeInstanceOf(BadRequestError);
  expect(error).toMatchObject({ message: "Example responded with 422: input: too long" });
  await closed(await sent.promise);
});

it("keeps the connection of an error whose body was read", async () => {
  const { url, connections } = await serveRaw((socket) => socket.write(rawAnswer(400, '{"error":"no"}')));
  const http = client();
  for (let times = 0; times < 6; times++) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await failure(http.postJson(url, {}));
  }
  // undici frees a connection a turn after its response has ended.
  expect(connections.size).toBeLessThanOrEqual(2);
});

it("names an address that does not exist, without secrets of its query", async () => {
  const { url, requests } = await serveRaw((socket) => socket.write(rawAnswer(404, '{"error":"no route"}')));
  const error = await failure(
    client().postJson(`${url}/d/embeddings?api-version=2024-02-01&code=s3cret`, {}),
  );
  expect(error).toBeInstanceOf(NotFoundError);
  expect(error).toMatchObject({
    message: `Example responded with 404 at ${url}/d/embeddings?api-version=2024-02-01&code=…: no route`,
  });
  expect(requests[0]).toMatch(/^POST \/d\/embeddings\?api-version=2024-02-01&code=s3cret HTTP/);
});

describe("a redirect", () => {
  const refused =
    "redirects are not followed, as the key must not be sent elsewhere: change baseUrl if that address is right";
  it.each([301, 302, 303, 307, 308])("is not followed: %d", async (status) => {
    const other = await serveRaw((socket) => socket.write(rawAnswer(200, "{}")));
    const location = `${other.url.replace("//", "//user:pass@")}/v2/embeddings?token=s3cret#x`;
    const { url } = await serveRaw((socket) => socket.write(rawAnswer(status, "<a>moved</a>", { location })));
    const error = await failure(client().postJson(`${url}/v1`, {}));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({
      message: `Example responded with ${status}: it redirects to ${other.url}/v2/embeddings, and ${refused}`,
      retryable: false,
    });
    expect(other.requests).toEqual([]);
  });

  it.each([
    ["/v1/embeddings/", (url: string) => `${url}/v1/embeddings/`],
    [`https://b.example/${key}`, () => "https://b.example/[redacted]"],
    ["ftp://b.example", () => "an unreadable address"],
    ["http://[", () => "an unreadable address"],
    [undefined, () => "an unreadable address"],
  ])("is told of as far as it can be read: %s", async (location, shown) => {
    const headers = location === undefined ? undefined : { location };
    const { url } = await serveRaw((socket) => socket.write(rawAnswer(307, "", headers)));
    expect(await failure(client().postJson(`${url}/v1/embeddings`, {}))).toMatchObject({
      message: `Example responded with 307: it redirects to ${shown(url)}, and ${refused}`,
    });
  });
});

it("shows no key in the id of a request, in responses and errors", async () => {
  for (const [id, shown] of [
    ["req-1", "req-1"],
    [`r-${key}-1`, "r-[redacted]-1"],
    [key.slice(0, 14), "[redacted]"],
    [`r-${key.slice(5, 13)}`, "r-[redacted]"],
    [`r-${key.slice(-8)}`, "r-[redacted]"],
    [`r-${key.toUpperCase()}`, "r-[redacted]"],
    [`r-${Buffer.from(key).toString("hex")}`, "r-[redacted]"],
    [`r:${Buffer.from(key).toString("base64")}`, "r:[redacted]"],
    [`r-${encodeURIComponent(key).replaceAll("-", "%2D")}`, "r-[redacted]"],
  ] as const) {
    let status = 200;
    // oxlint-disable-next-line no-await-in-loop -- one after another
    const { url } = await serveRaw((socket) => {
      socket.write(rawAnswer(status, "{}", { "x-request-id": id }));
      status = 400;
    });
    const http = client();
    // oxlint-disable-next-line no-await-in-loop -- one after another
    expect((await http.postJson(url, {})).requestId).toBe(shown);
    // oxlint-disable-next-line no-await-in-loop -- one after another
    expect(await failure(http.postJson(url, {}))).toMatchObject({ requestId: shown });
  }
});

it("ignores an implausibly long wait", async () => {
  const { url } = await serveRaw((socket) =>
    socket.write(rawAnswer(429, "", { "retry-after": "9".repeat(400) })),
  );
  expect(await failure(client().postJson(url, {}))).toMatchObject({ retryAfter: undefined, refused: true });
});

it("accepts headers in each form", async () => {
  const { url, requests } = await serveRaw((socket) => socket.write(rawAnswer(200, "{}")));
  const http = client({ headers: new Headers({ "X-A": "1" }) });
  await http.postJson(url, {}, { headers: new Map([["X-B", "2"]]) });
  await http.postJson(url, {}, { headers: [["X-B", "3"]] });
  expect(requests.map((request) => [...request.matchAll(/^x-.*(?=\r)/gm)].map(([line]) => line))).toEqual([
    ["x-a: 1", "x-b: 2"],
    ["x-a: 1", "x-b: 3"],
  ]);
});
