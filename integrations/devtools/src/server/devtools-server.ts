import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { permittedPath } from "./access.ts";
import { streamRecord } from "./event-stream.ts";
import { pageAssets } from "./page-assets.ts";
import type { RecordSource } from "./record-source.ts";

/** More are a mistake, such as a page that reloads itself. */
const mostPages = 30;

/** Scripts, styles and data come from this server alone, nothing is inline, and no other page may frame this one. */
const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
} as const;

/** Serves the page and its record, on the loopback interface, to those who know the token. */
export class DevtoolsServer {
  readonly #source: RecordSource;
  readonly #server: Server;
  readonly #token = randomBytes(24).toString("base64url");
  readonly #closed = new AbortController();
  readonly #keepsAlive: boolean;
  #pages = 0;
  #port = 0;

  /** @param keepsAlive whether the process stays while the server is open */
  constructor(source: RecordSource, keepsAlive: boolean) {
    this.#source = source;
    this.#keepsAlive = keepsAlive;
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on("connection", (socket) => {
      if (!keepsAlive) socket.unref();
    });
  }

  /**
   * @param port 0 for any that is free
   * @returns the address of the page, with the token
   * @throws the error of the system, such as `EADDRINUSE`
   */
  async listen(port: number): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(port, "127.0.0.1", resolve);
    if (!this.#keepsAlive) this.#server.unref();
    await promise;
    this.#server.off("error", reject);
    this.#port = (this.#server.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.#port}/${this.#token}/`;
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.#closed.abort();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = permittedPath(request, { port: this.#port, token: this.#token });
    const asset = path !== undefined && Object.hasOwn(pageAssets, path) ? pageAssets[path] : undefined;
    if (path === "events" && request.method === "GET") {
      void this.#stream(request, response);
    } else if (asset !== undefined) {
      response.writeHead(200, { ...headers, "content-type": asset.type });
      response.end(request.method === "HEAD" ? undefined : asset.body);
    } else {
      response.writeHead(path === undefined ? 403 : 404, headers);
      response.end();
    }
  }

  async #stream(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#pages >= mostPages) {
      response.writeHead(503, headers).end();
      return;
    }
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    response.on("close", leave);
    response.on("error", leave);
    this.#closed.signal.addEventListener("abort", leave);
    response.writeHead(200, { ...headers, "content-type": "text/event-stream; charset=utf-8" });
    response.flushHeaders();
    this.#source.watched?.(++this.#pages);
    const lastId = request.headers["last-event-id"];
    try {
      await streamRecord(
        this.#source,
        response,
        lastId === undefined ? undefined : String(lastId),
        gone.signal,
      );
    } catch {
      // The file cannot be read any more: the page tries again, and finds the record that is there then.
      response.destroy();
    } finally {
      this.#closed.signal.removeEventListener("abort", leave);
      this.#source.watched?.(--this.#pages);
    }
  }
}
