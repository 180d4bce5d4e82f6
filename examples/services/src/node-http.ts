// node:http: a signal for each request, and connections that do not outlive a shutdown.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { AsyncRunContext } from "@llx/async";
import type { Search } from "./search.ts";

/** Aborted when the connection closes before the response is complete. */
export function disconnectSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** The JSON of a request, or `undefined`. Without a limit of its size, one client could fill the memory. */
async function readJson(request: IncomingMessage, most = 1_000_000): Promise<unknown> {
  let text = "";
  try {
    for await (const part of request.setEncoding("utf8")) {
      text += part as string;
      if (text.length > most) return undefined;
    }
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export async function serveNode({ signal, own }: AsyncRunContext, search: Search, port = 0): Promise<string> {
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const from = { headers: request.headers, signal: disconnectSignal(response) };
    const { status, body } =
      request.method === "POST" && pathname === "/embed"
        ? await search.embed({ ...from, json: await readJson(request) })
        : await search.reply({ ...from, question: searchParams.get("q") });
    // Closing a server does not close a connection that becomes idle later: it would wait for its time-out.
    if (signal.aborted) response.setHeader("connection", "close");
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }

  const server = createServer((request, response) => void handle(request, response));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  own(server); // closed before the search, which was opened before: its requests end first
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
