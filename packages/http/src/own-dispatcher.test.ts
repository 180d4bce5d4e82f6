import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket } from "node:net";
import { inspect } from "node:util";
import { Agent } from "undici";
import { describe, expect, it, vi } from "vitest";
import { HttpClient } from "./index.ts";
import { selfSigned } from "./testing/certificate.ts";
import {
  afterThisTest,
  answering,
  client,
  failure,
  listen,
  serve,
  trust,
  useLocalServers,
} from "./testing/local-server.ts";

useLocalServers();

const password = "proxy-pass:word";
const encoded = encodeURIComponent(password);

/** A proxy that records its requests, and responds with 407 if a required password is missing. */
async function serveProxy(needs?: string): Promise<{ port: number; seen: string[] }> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const credentials = needs && `Basic ${Buffer.from(`user:${needs}`).toString("base64")}`;
  const refuses = (request: IncomingMessage): boolean =>
    credentials !== undefined && request.headers["proxy-authorization"] !== credentials;
  const proxy = createHttpServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.writeHead(refuses(request) ? 407 : 200).end(JSON.stringify("through the proxy"));
  });
  proxy.on("connect", (request: IncomingMessage, socket: Socket) => {
    seen.push(`CONNECT ${request.url}`);
    sockets.add(socket);
    socket.on("error", () => {});
    if (refuses(request)) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    const [host, port] = request.url!.split(":");
    const server = connect(Number(port), host);
    server.on("error", () => socket.destroy());
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    server.pipe(socket).pipe(server);
  });
  afterThisTest(() => {
    proxy.closeAllConnections();
    for (const socket of sockets) socket.destroy();
  });
  return { port: await listen(proxy), seen };
}

describe("a proxy", () => {
  it("is asked for http addresses by their whole URL", async () => {
    const { port, seen } = await serveProxy(password);
    const http = client({ proxy: `http://user:${encoded}@localhost:${port}` });
    const answer = await http.postJson("http://api.example/v1?a=1", {});
    expect(answer.body).toBe("through the proxy");
    expect(seen).toEqual(["POST http://api.example/v1?a=1"]);
    await http.aclose();
  });

  it("is asked to connect to https addresses", async () => {
    const certificate = selfSigned();
    trust(certificate.cert);
    const server = createTlsServer(certificate, (request, response) => {
      response.end(
        JSON.stringify({ asked: request.url, told: request.headers["proxy-authorization"] ?? null }),
      );
    });
    afterThisTest(() => server.closeAllConnections());
    const target = `localhost:${await listen(server)}`;
    const { port, seen } = await serveProxy(password);
    const http = client({ proxy: new URL(`http://user:${encoded}@localhost:${port}`) });
    expect((await http.postJson(`https://${target}/v1`, {})).body).toEqual({ asked: "/v1", told: null });
    expect(seen).toEqual([`CONNECT ${target}`]);
    await http.aclose();
  });

  it("is not retried with headers that undici refuses", async () => {
    const http = client({
      proxy: "http://localhost:9",
      headers: { "proxy-authorization": `Basic ${encoded}` },
    });
    const error = await failure(http.postJson("http://api.example", {}));
    expect(error).toMatchObject({ name: "ConnectionError", retryable: false });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(encoded);
  });

  it("shows its password in no error", async () => {
    const { port } = await serveProxy("another");
    const shown: unknown[] = [];
    for (const address of [`localhost:${port}`, "localhost:9"]) {
      const http = client({ proxy: `http://user:${encoded}@${address}` });
      shown.push(await failure(http.postJson("http://api.example", {})));
      shown.push(await failure(http.postJson("https://localhost:9", {})));
      shown.push(http);
    }
    const printed = inspect(shown, { depth: 9, showHidden: true });
    expect(printed).toContain("407");
    for (const each of [password, encoded, Buffer.from(`user:${password}`).toString("base64")]) {
      expect(printed).not.toContain(each);
    }
  });

  it.each([
    [`user:${password}@127.0.0.1`, "the option proxy must be an http or https URL"],
    [`socks5://user:${encoded}@127.0.0.1`, "the option proxy must be an http or https URL"],
    ["http://user:proxy-pass%zz@127.0.0.1", "the option proxy must be an http or https URL"],
    ["", "the option proxy must be an http or https URL"],
    [5, "proxy must be a string or a URL, not number 5"],
  ])("is refused where it is none, without being shown: %j", (proxy, message) => {
    let error: unknown;
    try {
      client({ proxy: proxy as string });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(message);
    expect(inspect(error, { showHidden: true }).split("\n    at ")[0]).not.toContain("proxy-pass");
  });

  it("cannot be combined with a dispatcher", () => {
    expect(() => client({ dispatcher: new Agent(), proxy: "http://127.0.0.1:9" })).toThrow(
      new TypeError("pass a dispatcher or a proxy, not both: the dispatcher has its own proxy"),
    );
  });
});

describe("the environment", () => {
  it.each(["http_proxy", "HTTP_PROXY"])(
    "names a proxy in %s, and NO_PROXY who goes without",
    async (name) => {
      const warned = vi.fn();
      process.on("warning", warned);
      afterThisTest(() => process.off("warning", warned));
      const { port, seen } = await serveProxy(password);
      vi.stubEnv(name, `user:${encoded}@localhost:${port}`);
      vi.stubEnv("NO_PROXY", "127.0.0.1");
      const http = client();
      expect((await http.postJson("http://api.example/v1", {})).body).toBe("through the proxy");
      expect((await http.postJson(await serve(answering(200, '"straight"')), {})).body).toBe("straight");
      expect(seen).toEqual(["POST http://api.example/v1"]);
      await http.aclose();
      await new Promise((resolve) => setImmediate(resolve));
      expect(warned).not.toHaveBeenCalled();
    },
  );

  it("names a proxy for https addresses only", async () => {
    const { port, seen } = await serveProxy();
    vi.stubEnv("HTTPS_PROXY", `http://localhost:${port}`);
    const http = client();
    expect((await http.postJson(await serve(answering(200, '"straight"')), {})).body).toBe("straight");
    await failure(http.postJson("https://localhost:9", {}));
    expect(seen).toEqual(["CONNECT localhost:9"]);
  });

  it("is ignored with a dispatcher or a proxy", async () => {
    vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:9");
    const url = await serve(answering(200, '"straight"'));
    const dispatcher = new Agent();
    afterThisTest(() => dispatcher.destroy());
    expect((await client({ dispatcher }).postJson(url, {})).body).toBe("straight");
    const { port } = await serveProxy();
    expect((await client({ proxy: `http://localhost:${port}` }).postJson(url, {})).body).toBe(
      "through the proxy",
    );
  });

  it("is named in the error for an invalid proxy", () => {
    vi.stubEnv("HTTPS_PROXY", `socks5://user:${encoded}@127.0.0.1`);
    expect(() => new HttpClient({ provider: "Example" })).toThrow(
      "the environment variable https_proxy (or HTTPS_PROXY) must be an http or https URL, such as " +
        "http://proxy.example:3128",
    );
  });
});
