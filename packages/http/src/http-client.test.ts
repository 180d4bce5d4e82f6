import { getEventListeners, once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import {
  ApiError,
  ApiTimeoutError,
  AuthenticationError,
  BadRequestError,
  ConnectionError,
  HttpClient,
  type HttpClientOptions,
  MalformedResponseError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ServerError,
} from "./index.ts";
import { answering, client, failure, key, listen, serve, useLocalServers } from "./testing/local-server.ts";

useLocalServers();

describe("postJson", () => {
  it("sends JSON with the headers, and reads the response", async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        seen.push(
          request.method,
          request.url,
          request.headers.authorization,
          request.headers["content-type"],
          JSON.parse(body),
        );
        response.writeHead(200, { "x-request-id": "req-1", "x-limit": "5" }).end('{"ok":true}');
      });
    });
    const answer = await client().postJson(`${url}/v1/things?a=1`, { text: "häßlich" });
    expect(answer).toMatchObject({ status: 200, body: { ok: true }, requestId: "req-1" });
    expect(answer.header("X-Limit")).toBe("5");
    expect(answer.header("x-other")).toBeUndefined();
    expect(seen).toEqual([
      "POST",
      "/v1/things?a=1",
      `Bearer ${key}`,
      "application/json",
      { text: "häßlich" },
    ]);
  });

  it.each<[string, object, Record<string, string>, number | undefined]>([
    ["the body", { wait: { ms: 30 } }, {}, 30],
    ["the header, which comes first", { wait: { ms: 30 } }, { "retry-after": "2" }, 2_000],
    ["the message, where its field is missing", { message: "try again in 7 s" }, {}, 7_000],
    ["nothing, where its field is no time", { wait: { ms: "soon" } }, {}, undefined],
  ])(
    "reads how long a service asks to wait in a field of its own: from %s",
    async (_from, body, headers, wait) => {
      const readRetryAfter = (error: unknown): number => (error as { wait: { ms: number } }).wait.ms;
      const url = await serve(answering(429, JSON.stringify(body), headers));
      const error = await failure(client({ readRetryAfter }).postJson(url, {}));
      expect(error).toMatchObject({ refused: true, retryAfter: wait });
    },
  );

  it("reads the response with the caller's parser", async () => {
    const url = await serve(answering(200, "1,2"));
    const parse = (body: Buffer): unknown => body.toString().split(",");
    expect((await client().postJson(url, {}, { parse })).body).toEqual(["1", "2"]);
    const broken = client().postJson(url, {}, { parse: (body) => JSON.parse(body.toString()) as unknown });
    expect(await failure(broken)).toBeInstanceOf(MalformedResponseError);
  });

  it.each([
    [400, BadRequestError, false],
    [401, AuthenticationError, false],
    [402, PermissionError, false],
    [403, PermissionError, false],
    [404, NotFoundError, false],
    [405, NotFoundError, false],
    [408, BadRequestError, true],
    [409, BadRequestError, true],
    [413, BadRequestError, false],
    [422, BadRequestError, false],
    [424, ServerError, true],
    [429, RateLimitError, true],
    [500, ServerError, true],
    [503, ServerError, true],
  ])("throws for %d its class of error", async (status, kind, retryable) => {
    const headers = { "x-request-id": "req-2", "retry-after": "7" };
    const url = await serve(answering(status, '{"message":"no"}', headers));
    // If the address is usually wrong, it is named.
    const where = kind === NotFoundError ? ` at ${new URL(url).href}?for=…` : "";
    const readError = (body: unknown): string => (body as { message: string }).message;
    const error = await failure(client({ readError }).postJson(`${url}?for=them`, {}));
    expect(error).toBeInstanceOf(kind);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      message: `Example responded with ${status}${where}: no`,
      name: kind.name,
      provider: "Example",
      status,
      requestId: "req-2",
      retryable,
      retryAfter: 7000,
    });
  });

  it("reads the request id from another header, in a response and an error", async () => {
    const headers = { "x-foxglove-request": "fox-1", "x-request-id": "of-a-gateway" };
    const named = client({ requestIdHeader: "X-Foxglove-Request" });
    const response = await named.postJson(await serve(answering(200, "{}", headers)), {});
    expect(response.requestId).toBe("fox-1");
    const error = await failure(named.postJson(await serve(answering(400, "{}", headers)), {}));
    expect(error).toMatchObject({ status: 400, requestId: "fox-1" });
  });

  it.each(["x-request-id", "request-id", "x-amzn-requestid"])(
    "reads the request id from %s",
    async (name) => {
      const url = await serve(answering(200, "{}", { [name]: "req-1" }));
      expect((await client().postJson(url, {})).requestId).toBe("req-1");
    },
  );

  it("shows the text of a gateway's page, without its markup", async () => {
    const page = "<html><head><style>b{}</style></head><body><h1>502</h1> Bad   Gateway</body></html>";
    const url = await serve(answering(502, page));
    expect(await failure(client().postJson(url, {}))).toMatchObject({
      message: "Example responded with 502: 502 Bad Gateway",
    });
  });

  it("asks whether a server runs where none listens, and names the address once", async () => {
    const url = "http://127.0.0.1:1";
    const message = `no connection to ${url}: connect ECONNREFUSED 127.0.0.1:1; is it running?`;
    expect(await failure(client({ provider: "127.0.0.1:1" }).postJson(url, {}))).toMatchObject({ message });
  });

  it("takes a service that has responded, and is down now, for one that refuses", async () => {
    const server = createHttpServer(answering(500, "{}"));
    const url = `http://127.0.0.1:${await listen(server)}`;
    const http = client();
    expect(await failure(http.postJson(url, {}))).toMatchObject({ status: 500, refused: false });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const down = { name: "ConnectionError", retryable: true, refused: true };
    expect(await failure(http.postJson(`${url}/other`, {}))).toMatchObject(down);
    // Another client, and another address: nobody may ever respond there.
    expect(await failure(client().postJson(url, {}))).toMatchObject({ refused: false });
    expect(await failure(http.postJson("http://127.0.0.1:1", {}))).toMatchObject({ refused: false });
  });

  it("takes a response that breaks off for no refusal", async () => {
    const url = await serve((request, response) =>
      request.url === "/" ? response.end("{}") : response.destroy(),
    );
    const http = client();
    await http.postJson(url, {});
    expect(await failure(http.postJson(`${url}/broken`, {}))).toMatchObject({
      refused: false,
      retryable: true,
    });
  });

  it("says where https meets a server without TLS", async () => {
    const url = (await serve(answering(200, "{}"))).replace("http:", "https:");
    expect(await failure(client().postJson(url, {}))).toMatchObject({
      message: `Example at ${new URL(url).origin} does not respond in TLS: is it http:// there?`,
      retryable: false,
    });
  });

  it("refuses a successful response that is not JSON", async () => {
    const url = await serve(answering(200, "<html>Welcome</html>", { "content-type": "text/html" }));
    const error = await failure(client().postJson(url, {}));
    expect(error).toBeInstanceOf(MalformedResponseError);
    expect(error).toMatchObject({
      message: `Example responded with 200 and something that is not JSON (text/html) at ${new URL(url).href}`,
    });
  });

  it("sends the headers of a request in addition to the client's, or instead of them", async () => {
    const url = await serve((request, response) => response.end(JSON.stringify(request.headers)));
    const http = client({ headers: { "X-Org": "org-1", "X-Team": "a" } });
    const headers = { "x-team": "b", "Content-Type": "application/vnd.api+json" };
    const { body } = await http.postJson(url, {}, { headers });
    expect(body).toMatchObject({
      "x-org": "org-1",
      "x-team": "b",
      "content-type": "application/vnd.api+json",
      accept: "application/json",
    });
    expect((await http.postJson(url, {})).body).toMatchObject({ "x-team": "a" });
  });

  it("reports rate limits, also in errors, and the wait for an exhausted one", async () => {
    const headers = {
      "x-ratelimit-remaining-requests": "3",
      "x-ratelimit-reset-requests": "51s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "1m30s",
    };
    const rateLimits = {
      requests: { remaining: 3, reset: 51_000 },
      tokens: { remaining: 0, reset: 90_000 },
    };
    const answers: [number, Record<string, string>][] = [
      [200, headers],
      [429, headers],
      [503, headers],
      [500, headers],
      [429, { ...headers, "retry-after": "2" }],
    ];
    const statuses = answers.values();
    const url = await serve((request, response) => {
      const [status, sent] = statuses.next().value!;
      answering(status, "{}", sent)(request, response);
    });
    const http = client();
    expect((await http.postJson(url, {})).rateLimits).toEqual(rateLimits);
    for (const retryAfter of [90_000, 90_000, undefined, 2000]) {
      expect(await failure(http.postJson(url, {}, { attempt: 2 }))).toMatchObject({
        rateLimits,
        retryAfter,
        attempt: 2,
      });
    }
  });

  it("reads rate limits in headers of the service's own, also in errors", async () => {
    const headers = { "x-left": "0", "x-reset-ms": "1500", "x-ratelimit-remaining-requests": "9" };
    const statuses = [200, 429, 200, 200, 200, 200].values();
    const url = await serve((request, response) => {
      answering(statuses.next().value!, "{}", headers)(request, response);
    });
    const http = client({
      readRateLimits: (header) => ({
        requests: { remaining: Number(header("X-Left")), reset: Number(header("x-reset-ms")) },
      }),
    });
    const rateLimits = { requests: { remaining: 0, reset: 1500 } };
    expect((await http.postJson(url, {})).rateLimits).toEqual(rateLimits);
    expect(await failure(http.postJson(url, {}))).toMatchObject({ rateLimits, retryAfter: 1500 });
    expect((await http.postJson(url, {})).rateLimits).toEqual(rateLimits);
    const missing = client({
      readRateLimits: (header) => ({
        requests: { remaining: Number(header("x-left")), reset: Number(header("x-reset")) },
      }),
    });
    expect((await missing.postJson(url, {})).rateLimits).toEqual({ requests: { remaining: 0 } });
    const none = client({ readRateLimits: (header) => ({ tokens: { limit: Number(header("x-tokens")) } }) });
    expect((await none.postJson(url, {})).rateLimits).toBe(undefined);
    const readRateLimits = (): never => {
      throw new Error("no such header");
    };
    expect((await client({ readRateLimits }).postJson(url, {})).rateLimits).toBe(undefined);
  });

  it.each([
    [400, "true", true],
    [500, "false", false],
    [500, "perhaps", true],
    [200, "false", false],
  ])("believes a service that says of %d whether to try again: %s", async (status, said, retryable) => {
    const url = await serve(answering(status, "not json", { "x-should-retry": said }));
    expect(await failure(client().postJson(url, {}))).toMatchObject({ status, retryable });
  });

  it("refuses what cannot be sent before sending it", async () => {
    const arrived = vi.fn();
    const url = await serve(arrived);
    const circle: Record<string, unknown> = {};
    circle["itself"] = circle;
    const http = client();
    for (const body of [undefined, (): void => {}, Symbol("s"), circle, { count: 1n }]) {
      const error = await failure(http.postJson(url, body));
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toContain("the body for Example cannot be sent as JSON: it");
    }
    for (const address of ["ftp://a.example", "nowhere", "", `https://user:${key}@a.example`]) {
      const error = await failure(http.postJson(address, {}));
      expect(error).toBeInstanceOf(TypeError);
      expect(inspect(error)).not.toContain(key);
    }
    const options: [object, string][] = [
      [
        { timeout: 0 },
        "RangeError: timeout must be more than 0 milliseconds, or Infinity for no limit, not 0",
      ],
      [
        { maxBytes: 0 },
        "RangeError: maxBytes must be a whole number from 1, or Infinity for no limit, not 0",
      ],
      [{ attempt: 0 }, "RangeError: attempt must be a whole number from 1, not 0"],
      [{ attempt: "1" }, "TypeError: attempt must be a whole number from 1, not a string"],
      [{ signal: {} }, "TypeError: signal must be an AbortSignal, not an object (Object)"],
      [{ headers: { "x-a": "a\nb" } }, "TypeError: the header x-a must be a string without line breaks"],
    ];
    for (const [option, message] of options) {
      expect(String(await failure(http.postJson(url, {}, option)))).toBe(message);
    }
    expect(arrived).not.toHaveBeenCalled();
  });

  it("times out also in the middle of a body", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200);
      response.write('{"half":');
    });
    const error = await failure(client({ timeout: 50 }).postJson(url, {}));
    expect(error).toBeInstanceOf(ApiTimeoutError);
    expect(error).toMatchObject({ message: "Example did not respond within 50 ms", retryable: true });
  });

  it("has its own time-out, and leaves no timer", async () => {
    const url = await serve((request, response) => {
      if (request.url === "/never") return;
      response.end("{}");
    });
    const http = client({ timeout: 2 ** 40 });
    const before = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const error = await failure(http.postJson(`${url}/never`, {}, { timeout: 20, attempt: 3 }));
    expect(error).toMatchObject({
      message: "Example did not respond within 20 ms (after 3 requests)",
      attempt: 3,
    });
    // A timer longer than Node.js supports would fire at once.
    expect((await http.postJson(url, {})).status).toBe(200);
    expect((await http.postJson(url, {}, { timeout: Number.POSITIVE_INFINITY })).status).toBe(200);
    await http.aclose();
    const after = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    expect(after).toBeLessThanOrEqual(before);
  });

  it("ends with the reason of the signal while it connects, and in the middle of a body", async () => {
    const silent = createServer((socket) => socket.on("error", () => {}));
    const port = await listen(silent);
    const reason = { why: "the user left" };
    const connecting = new AbortController();
    const waiting = failure(
      client().postJson(`https://127.0.0.1:${port}`, {}, { signal: connecting.signal }),
    );
    const [socket] = await once(silent, "connection");
    connecting.abort(reason);
    expect(await waiting).toBe(reason);
    socket.destroy();

    const reading = new AbortController();
    const url = await serve((_request, response) => {
      response.writeHead(200);
      response.write('{"half":', () => reading.abort(reason));
    });
    expect(await failure(client().postJson(url, {}, { signal: reading.signal }))).toBe(reason);
    expect(getEventListeners(reading.signal, "abort")).toEqual([]);
  });

  it("ends with the reason of the signal, at once, and leaves no listener", async () => {
    const controller = new AbortController();
    const reason = new Error("the user left");
    const url = await serve(() => controller.abort(reason));
    expect(await failure(client().postJson(url, {}, { signal: controller.signal }))).toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    expect(await failure(client().postJson(url, {}, { signal: controller.signal }))).toBe(reason);
  });

  it("reports a connection that is refused or breaks", async () => {
    const url = await serve((request) => request.socket.destroy());
    for (const address of [url, "http://127.0.0.1:9"]) {
      const error = await failure(client().postJson(address, {}));
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ retryable: true, status: undefined });
      expect((error as Error).message).toContain(`no connection to Example at ${address}`);
    }
  });
});

describe("postBytes", () => {
  it("returns the body unchanged", async () => {
    const bytes = Uint8Array.from([0, 255, 10, 13, 128]);
    const url = await serve((request, response) => {
      response.writeHead(200, { "x-request-id": "req-1", "x-accept": request.headers.accept });
      response.end(bytes);
    });
    const answer = await client().postBytes(url, {});
    expect(answer).toMatchObject({ status: 200, requestId: "req-1" });
    expect([...answer.bytes]).toEqual([...bytes]);
    expect(answer.header("x-accept")).toBe("*/*");
  });

  it("fails as postJson does", async () => {
    const url = await serve(answering(401, '{"error":"bad key"}'));
    expect(await failure(client().postBytes(url, {}))).toMatchObject({
      name: "AuthenticationError",
      message: "Example responded with 401: bad key",
    });
  });
});

describe("the options of a client", () => {
  it.each([
    [{ provider: "" }, "TypeError: provider must be the service's name, not an empty string"],
    [{ provider: 5 }, "TypeError: provider must be the service's name, not number 5"],
    [
      { timeout: "60" },
      "TypeError: timeout must be more than 0 milliseconds, or Infinity for no limit, not a string",
    ],
    [
      { timeout: Number.NaN },
      "RangeError: timeout must be more than 0 milliseconds, or Infinity for no limit, not NaN",
    ],
    [
      { timeout: -1 },
      "RangeError: timeout must be more than 0 milliseconds, or Infinity for no limit, not -1",
    ],
    [
      { maxBytes: "1" },
      "TypeError: maxBytes must be a whole number from 1, or Infinity for no limit, not a string",
    ],
    [
      { maxBytes: 1.5 },
      "RangeError: maxBytes must be a whole number from 1, or Infinity for no limit, not 1.5",
    ],
    [
      { keepAliveTimeoutThreshold: "1" },
      "TypeError: keepAliveTimeoutThreshold must be milliseconds from 0, not a string",
    ],
    [
      { keepAliveTimeoutThreshold: -1 },
      "RangeError: keepAliveTimeoutThreshold must be milliseconds from 0, not -1",
    ],
    [
      { keepAliveTimeoutThreshold: 1, dispatcher: { request: () => {} } },
      "TypeError: pass a dispatcher or keepAliveTimeoutThreshold, not both: the dispatcher has an option of that name",
    ],
    [
      { requestIdHeader: "x foxglove" },
      'TypeError: requestIdHeader must be the name of a header, such as "x-request-id", not another string',
    ],
    [
      { requestIdHeader: "" },
      'TypeError: requestIdHeader must be the name of a header, such as "x-request-id", not an empty string',
    ],
    [
      { requestIdHeader: 5 },
      'TypeError: requestIdHeader must be the name of a header, such as "x-request-id", not number 5',
    ],
    [
      { requestIdHeader: ["x-foxglove-request"] },
      'TypeError: requestIdHeader must be the name of a header, such as "x-request-id", not an object (Array)',
    ],
    [{ readError: "no" }, "TypeError: readError must be a function, not a string"],
    [{ readRetryAfter: 5 }, "TypeError: readRetryAfter must be a function, not number 5"],
    [{ readRateLimits: 5 }, "TypeError: readRateLimits must be a function, not number 5"],
    [{ http2: "yes" }, 'TypeError: http2 must be true or false, not the string "yes"'],
    [{ dispatcher: {} }, "TypeError: dispatcher must be an undici dispatcher, not an object"],
    [{ dispatcher: null }, "TypeError: dispatcher must be an undici dispatcher, not null"],
  ])("are refused where they cannot be used: %o", (options, message) => {
    const make = (): HttpClient => new HttpClient({ provider: "Example", ...options } as HttpClientOptions);
    expect(make).toThrow(expect.objectContaining({ name: message.split(":")[0] }));
    expect(make).toThrow(message.slice(message.indexOf(": ") + 2));
  });
});

describe("secrets", () => {
  it("are in no error, and not in a printed client", async () => {
    const url = await serve(answering(401, '{"message":"bad key"}'));
    const http = client();
    const shown: unknown[] = [http];
    for (const address of [url, "http://127.0.0.1:9", "not a url"]) {
      shown.push(await failure(http.postJson(address, { text: "the patient is Rosalind" })));
    }
    for (const each of shown) {
      const printed = inspect(each, { depth: 9, showHidden: true }) + JSON.stringify(each) + String(each);
      expect(printed).not.toContain(key);
      expect(printed).not.toContain("Rosalind");
    }
  });

  it("with line breaks are refused without being shown", () => {
    const error = (() => {
      try {
        return new HttpClient({ provider: "Example", headers: { authorization: `Bearer ${key}\r\nx: y` } });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toBe("TypeError: the header authorization must be a string without line breaks");
  });

  it("are not in messages of the service", async () => {
    const patient = "The patient Rosalind has a fever.";
    const url = await serve((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        const said = `bad: ${request.headers.authorization}, ${String(request.headers["x-org"])} ${body}`;
        response.writeHead(400, { "content-type": said }).end(JSON.stringify({ message: said }));
      });
    });
    const http = client({ headers: { authorization: `Bearer ${key}`, "x-org": "org-123456" } });
    const error = await failure(http.postJson(url, { model: "m-1", input: [patient] }));
    expect((error as Error).message).toBe("Example responded with 400: bad: [redacted], [redacted] …");
    const mine = client({ readError: (body) => (body as { message: string }).message });
    const second = await failure(mine.postJson(url, { input: patient }));
    expect((second as Error).message).toBe(
      'Example responded with 400: bad: [redacted], undefined {"input":"[…]"}',
    );
  });

  it("are not in an invalid content type", async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { "content-type": `text/${request.headers.authorization}` }).end("<");
    });
    expect(await failure(client().postJson(url, {}))).toMatchObject({
      message: `Example responded with 200 and something that is not JSON (text/[redacted]) at ${new URL(url).href}`,
    });
  });

  it("are not in the error of a connection to an echo server", async () => {
    const echo = createServer((socket) => socket.on("error", () => {}).pipe(socket));
    const port = await listen(echo);
    const error = await failure(
      client().postJson(`http://127.0.0.1:${port}`, { input: ["a text of the user's"] }),
    );
    expect(error).toBeInstanceOf(ConnectionError);
    const printed = inspect(error, { depth: 9, showHidden: true });
    expect(printed).toContain("HTTPParserError");
    expect(printed).not.toContain(key);
    expect(printed).not.toContain("text of the user");
  });

  it("are not in a printed client", () => {
    const http = client({ proxy: "http://user:proxy-password@127.0.0.1:9" });
    expect(inspect(http, { depth: 9, showHidden: true })).toBe("HttpClient { [closed]: [Getter] }");
    expect(JSON.stringify(http)).toBe("{}");
  });
});
