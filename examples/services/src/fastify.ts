// Fastify: `request.signal`, and an app that is closed like a server.
import type { AsyncRunContext } from "@llx/async";
import fastify from "fastify";
import type { Search } from "./search.ts";

export async function serveFastify(
  { signal: stopping, own }: AsyncRunContext,
  search: Search,
  port = 0,
): Promise<string> {
  const app = own(fastify());
  app.get<{ Querystring: { q?: string } }>("/search", async ({ headers, query, signal }, reply) => {
    const { status, body } = await search.reply({ headers, question: query.q, signal });
    // Otherwise closing waits for a connection that is kept alive: for 72 s.
    if (stopping.aborted) void reply.header("connection", "close");
    return reply.status(status).send(body);
  });
  return app.listen({ port, host: "127.0.0.1" });
}
