// Hono on Node: the signal of the raw request, and the server that `serve` returns.
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { AsyncRunContext } from "@llx/async";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Search } from "./search.ts";

export async function serveHono({ signal, own }: AsyncRunContext, search: Search, port = 0): Promise<string> {
  const app = new Hono();
  app.get("/search", async (context) => {
    const { headers, signal: disconnected } = context.req.raw;
    const question = context.req.query("q");
    const { status, body, headers: more } = await search.reply({ headers, question, signal: disconnected });
    if (signal.aborted) context.header("connection", "close");
    return context.json(body, status as ContentfulStatusCode, more);
  });
  app.use(bodyLimit({ maxSize: 1_000_000 })); // Hono has no limit of its own; Fastify has
  app.post("/embed", async (context) => {
    const { headers, signal: disconnected } = context.req.raw;
    const json: unknown = await context.req.json().catch(() => undefined);
    const { status, body, headers: more } = await search.embed({ headers, json, signal: disconnected });
    if (signal.aborted) context.header("connection", "close");
    return context.json(body, status as ContentfulStatusCode, more);
  });

  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port }) as Server;
  await once(server, "listening");
  own(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
