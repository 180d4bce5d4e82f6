import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  type AddressInfo,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeEach, vi } from "vitest";
import { HttpClient, type HttpClientOptions } from "../index.ts";

export const key = "sk-live-51H8SecretKey";

const cleanUps: (() => unknown)[] = [];

/** Closes all servers and clients after each test, and keeps the machine's own proxies out of them. */
export function useLocalServers(): void {
  beforeEach(() => {
    for (const name of ["http_proxy", "https_proxy", "no_proxy"]) {
      vi.stubEnv(name, "");
      vi.stubEnv(name.toUpperCase(), "");
    }
  });
  afterEach(async () => {
    await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()));
    vi.unstubAllEnvs();
  });
}

export function afterThisTest(cleanUp: () => unknown): void {
  cleanUps.push(cleanUp);
}

/** Makes the clients of this test trust a certificate. */
export function trust(certificate: string): void {
  const before = getCACertificates("default");
  setDefaultCACertificates([certificate]);
  afterThisTest(() => setDefaultCACertificates(before));
}

/** Starts a server of any kind, and returns its port. */
export async function listen(server: NetServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterThisTest(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** The address of a server that sends this response. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server: Server = createServer(answer);
  afterThisTest(() => server.closeAllConnections());
  return `http://127.0.0.1:${await listen(server)}`;
}

/**
 * The address of a server whose responses `answer` writes byte by byte, and what it has received.
 */
export async function serveRaw(
  answer: (socket: Socket) => void,
): Promise<{ url: string; requests: string[]; connections: Set<Socket> }> {
  const requests: string[] = [];
  const connections = new Set<Socket>();
  const server = createNetServer((socket) => {
    connections.add(socket);
    socket.setNoDelay();
    socket.on("error", () => {});
    let arrived = "";
    socket.on("data", (piece) => {
      arrived += piece.toString("latin1");
      const head = arrived.indexOf("\r\n\r\n") + 4;
      const length = Number(/content-length: (\d+)/i.exec(arrived)?.[1] ?? 0);
      if (head < 4 || arrived.length < head + length) return;
      requests.push(arrived.slice(0, head + length));
      arrived = arrived.slice(head + length);
      answer(socket);
    });
  });
  const port = await listen(server);
  afterThisTest(() => {
    for (const socket of connections) socket.destroy();
  });
  return { url: `http://127.0.0.1:${port}`, requests, connections };
}

/** Resolves when a connection is closed, in any way. */
export async function closed(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  await new Promise<void>((resolve) => socket.once("close", () => resolve()).on("error", () => {}));
}

/** A response as sent over the wire. */
export function rawAnswer(
  status: number,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Buffer {
  const lines = Object.entries({ "content-length": String(Buffer.byteLength(body)), ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Any\r\n${head}\r\n`), Buffer.from(body)]);
}

export function client(options: Partial<HttpClientOptions> = {}): HttpClient {
  const made = new HttpClient({
    provider: "Example",
    headers: { authorization: `Bearer ${key}` },
    ...options,
  });
  afterThisTest(() => made.aclose({ abort: true }));
  return made;
}

export const answering =
  (status: number, body: string, headers: Record<string, string> = {}) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, headers).end(body);
  };

/** The error of some work. */
export async function failure(work: Promise<unknown>): Promise<unknown> {
  const outcome = await work.then(
    () => ({ error: undefined, failed: false }),
    (error: unknown) => ({ error, failed: true }),
  );
  if (!outcome.failed) throw new Error("it did not fail");
  return outcome.error;
}
