import { getEventListeners, once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { Agent } from "undici";
import { afterEach, describe, expect, it } from "vitest";
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

const key = "sk-live-51H8SecretKey";
const servers: Server[] = [];
const clients: HttpClient[] = [];

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client(options: Partial<HttpClientOptions> = {}): HttpClient {
  const made = new HttpClient({
    provider: "Example",
    headers: { authorization: `Bearer ${key}` },
    ...options,
  });
  clients.push(made);
  return made;
}

const answering =
  (status: number, body: string, headers: Record<string, string> = {}) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, headers).end(body);
  };

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no error",
    (error: unknown) => error,
  );

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await Promise.all(clients.splice(0).map((each) => each.aclose()));
});

describe("postJson", () => {
  it("sends JSON with the headers, and reads the answer", async () => {
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
    expect(answer.header("x-limit")).toBe("5");
    expect(seen).toEqual([
      "POST",
      "/v1/things?a=1",
      `Bearer ${key}`,
      "application/json",
      { text: "häßlich" },
    ]);
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
    [429, RateLimitError, true],
    [500, ServerError, true],
    [503, ServerError, true],
  ])("throws for %d its class of error", async (status, kind, retryable) => {
    const headers = { "x-request-id": "req-2", "retry-after": "7" };
    const url = await serve(answering(status, '{"message":"no"}', headers));
    const readError = (body: unknown): string => (body as { message: string }).message;
    const error = await failure(client({ readError }).postJson(url, {}));
    expect(error).toBeInstanceOf(kind);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      message: `Example answered ${status}: no`,
      name: kind.name,
      provider: "Example",
      status,
      requestId: "req-2",
      retryable,
      retryAfter: 7000,
    });
  });

  it("says what a gateway's page says, without its markup", async () => {
    const page = "<html><head><style>b{}</style></head><body><h1>502</h1> Bad   Gateway</body></html>";
    const url = await serve(answering(502, page));
    expect(await failure(client().postJson(url, {}))).toMatchObject({
      message: "Example answered 502: 502 Bad Gateway",
    });
  });

  it("refuses a good answer that is not JSON", async () => {
    const url = await serve(answering(200, "<html>Welcome</html>", { "content-type": "text/html" }));
    const error = await failure(client().postJson(url, {}));
    expect(error).toBeInstanceOf(MalformedResponseError);
    expect(error).toMatchObject({
      message: "Example answered 200 with something that is not JSON (text/html)",
    });
  });

  it("times out also in the middle of a body", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200);
      response.write('{"half":');
    });
    const error = await failure(client({ timeout: 50 }).postJson(url, {}));
    expect(error).toBeInstanceOf(ApiTimeoutError);
    expect(error).toMatchObject({ message: "Example did not answer within 50 ms", retryable: true });
  });

  it("ends with the reason of the signal, at once, and leaves no listener", async () => {
    const controller = new AbortController();
    const reason = new Error("the user left");
    const url = await serve(() => controller.abort(reason));
    expect(await failure(client().postJson(url, {}, { signal: controller.signal }))).toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    expect(await failure(client().postJson(url, {}, { signal: controller.signal }))).toBe(reason);
  });

  it("tells of a connection that is refused, or that breaks", async () => {
    const url = await serve((request) => request.socket.destroy());
    for (const address of [url, "http://127.0.0.1:9"]) {
      const error = await failure(client().postJson(address, {}));
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ retryable: true, status: undefined });
      expect((error as Error).message).toContain(`no connection to Example at ${address}`);
    }
  });
});

describe("secrets", () => {
  it("are in no error and no print of a client", async () => {
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
});

describe("closing", () => {
  it("makes later use a clear error, and leaves a dispatcher that was given open", async () => {
    const dispatcher = new Agent();
    try {
      const url = await serve(answering(200, "{}"));
      const http = client({ dispatcher });
      await http.postJson(url, {});
      await Promise.all([http.aclose(), http.aclose()]);
      expect(http.closed).toBe(true);
      expect(await failure(http.postJson(url, {}))).toMatchObject({
        message: "the Example client is closed; make a new one",
      });
      expect((await client({ dispatcher }).postJson(url, {})).status).toBe(200);
    } finally {
      await dispatcher.close();
    }
  });

  it("waits for what is under way", async () => {
    const arrived = Promise.withResolvers<ServerResponse>();
    const url = await serve((_request, response) => arrived.resolve(response));
    const http = client();
    const answer = http.postJson(url, {});
    const response = await arrived.promise;
    const closed = http.aclose();
    response.writeHead(200).end('"late"');
    expect((await answer).body).toBe("late");
    await closed;
  });
});
