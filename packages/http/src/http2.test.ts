import { once } from "node:events";
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from "node:http2";
import { Agent } from "undici";
import { describe, expect, it } from "vitest";
import { selfSigned } from "./testing/certificate.ts";
import {
  afterThisTest,
  client,
  failure,
  key,
  listen,
  trust,
  useLocalServers,
} from "./testing/local-server.ts";

useLocalServers();

const certificate = selfSigned();

/** A server that supports HTTP/1.1 and HTTP/2, and reports which is used. */
async function serveBoth(): Promise<{
  url: string;
  sessions: Set<ServerHttp2Session>;
  server: Http2SecureServer;
}> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
    // The whole body first: HTTP/2 requests are aborted here only after they were sent.
    request.resume().on("end", () => {
      server.emit("heard");
      if (request.url === "/never") return;
      response.writeHead(request.url === "/refuse" ? 401 : 200);
      response.end(JSON.stringify({ version: request.httpVersion, key: request.headers.authorization }));
    });
  });
  server.on("session", (session) => sessions.add(session));
  afterThisTest(() => {
    for (const session of sessions) session.destroy();
  });
  return { url: `https://localhost:${await listen(server)}`, sessions, server };
}

describe("HTTP/2", () => {
  it("is used through a user's agent with http2: true, many requests on one connection", async () => {
    const { url, sessions } = await serveBoth();
    const dispatcher = new Agent({ connect: { ca: certificate.cert } });
    afterThisTest(() => dispatcher.destroy());
    const http = client({ dispatcher, http2: true });
    await http.postJson(url, {});
    const answers = await Promise.all(Array.from({ length: 20 }, () => http.postJson(url, { text: "a" })));
    for (const { body } of answers) expect(body).toEqual({ version: "2.0", key: `Bearer ${key}` });
    expect(sessions.size).toBe(1);
  });

  it("is used by the client's own pool with http2: true, with the same aborts, errors and streams", async () => {
    trust(certificate.cert);
    const { url, sessions, server } = await serveBoth();
    const http = client({ http2: true });
    expect((await http.postJson(url, {})).body).toMatchObject({ version: "2.0" });
    const controller = new AbortController();
    const heard = once(server, "heard");
    const waiting = failure(http.postJson(`${url}/never`, {}, { signal: controller.signal }));
    await heard;
    controller.abort("left");
    expect(await waiting).toBe("left");
    expect(await failure(http.postJson(`${url}/refuse`, {}))).toMatchObject({ status: 401 });
    const pieces: Uint8Array[] = [];
    for await (const piece of (await http.stream(url, {})).body) pieces.push(piece);
    expect(JSON.parse(Buffer.concat(pieces).toString())).toMatchObject({ version: "2.0" });
    expect((await http.postBytes(url, {})).status).toBe(200);
    expect(sessions.size).toBe(1);
    await http.aclose();
  });

  it("is not used by default, through any agent, so that requests can be aborted at any time", async () => {
    trust(certificate.cert);
    const { url, sessions } = await serveBoth();
    const dispatcher = new Agent({ connect: { ca: certificate.cert } });
    afterThisTest(() => dispatcher.destroy());
    for (const http of [client(), client({ dispatcher })]) {
      expect((await http.postJson(url, {})).body).toMatchObject({ version: "1.1" });
      const errors = Array.from({ length: 5 }, () =>
        failure(http.postJson(`${url}/never`, { text: "x".repeat(300_000) }, { timeout: 5 })),
      );
      for (const error of await Promise.all(errors)) expect(error).toMatchObject({ name: "ApiTimeoutError" });
      expect((await http.postJson(url, {})).status).toBe(200);
      await http.aclose();
    }
    expect(sessions.size).toBe(0);
  });

  it("does not accept an unknown certificate", async () => {
    const { url } = await serveBoth();
    expect(await failure(client({ http2: true }).postJson(url, {}))).toMatchObject({
      name: "ConnectionError",
      cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
    });
  });
});
