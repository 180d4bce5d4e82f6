// Fastify: `request.signal`, but not with a body, and an app that is closed like a server.
import type { AsyncRunContext } from "@llx/async";
import fastify from "fastify";
import { disconnectSignal } from "./node-http.ts";
import type { Search } from "./search.ts";

export async function serveFastify(
  { signal: stopping, own }: AsyncRunContext,
  search: Search,
  port = 0,
): Promise<string> {
  const app = own(fastify());
  app.get<{ Querystring: { q?: string } }>("/search", async ({ headers, query, signal }, reply) => {
    const { status, body, headers: more = {} } = await search.reply({ headers, question: query.q, signal });
    // Otherwise closing waits for a connection that is kept alive: for 72 s.
    if (stopping.aborted) void reply.header("connection", "close");
    return reply.status(status).headers(more).send(body);
  });
  app.post("/embed", async ({ headers, body: json }, reply) => {
    // With a body, Fastify's own signal is aborted as soon as that has been read.
    const signal = disconnectSignal(reply.raw);
    const { status, body, headers: more = {} } = await search.embed({ headers, json, signal });
    if (stopping.aborted) void reply.header("connection", "close");
    return reply.status(status).headers(more).send(body);
  });
  return app.listen({ port, host: "127.0.0.1" });
}
