// node:http: a signal for each request, and connections that do not outlive a shutdown.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { AsyncRunContext } from "@llx/async";
import type { ServiceReply } from "./reply.ts";
import type { Search } from "./search.ts";

/** Aborted when the connection closes before the response is complete. */
export function disconnectSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** The body of a request; `undefined` if it is too large: one client could fill the memory. */
async function readBody(request: IncomingMessage, most = 1_000_000): Promise<string | undefined> {
  let text = "";
  let length = 0;
  try {
    // To the end, also of a body that is not kept: leaving the loop would close the connection before the reply.
    for await (const part of request.setEncoding("utf8")) {
      length += (part as string).length;
      if (length <= most) text += part as string;
    }
  } catch {
    return ""; // the client has left
  }
  return length <= most ? text : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export async function serveNode({ signal, own }: AsyncRunContext, search: Search, port = 0): Promise<string> {
  async function answer(request: IncomingMessage, disconnected: AbortSignal): Promise<ServiceReply> {
    const from = { headers: request.headers, signal: disconnected };
    const url = URL.parse(request.url ?? "", "http://localhost"); // null for what is no URL, such as "//"
    const route = `${request.method} ${url?.pathname}`;
    if (route === "GET /search") return search.reply({ ...from, question: url?.searchParams.get("q") });
    if (route !== "POST /embed") return search.refuse(404, "there is no such route", from);
    const body = await readBody(request);
    if (body === undefined) return search.refuse(413, "the body is too large", from);
    return search.embed({ ...from, json: parseJson(body) });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body, headers } = await answer(request, disconnectSignal(response));
    // Closing a server does not close a connection that becomes idle later: it would wait for its time-out.
    if (signal.aborted) response.setHeader("connection", "close");
    response.writeHead(status, { ...headers, "content-type": "application/json" }).end(JSON.stringify(body));
  }

  const server = createServer((request, response) => void handle(request, response));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  own(server); // closed before the search, which was opened before: its requests end first
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
