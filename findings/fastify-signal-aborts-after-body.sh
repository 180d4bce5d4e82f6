#!/usr/bin/env bash
# fastify 5.12.8: `request.signal`, documented as aborted "when the handler timeout fires or the client disconnects", is aborted for
# every request with a body, while its client is connected and waits for the answer: it follows `close` of the request, which
# comes as soon as the body has been read. Work that gets the signal is cancelled each time. For a GET it is right.
#
# Output seen, 10 ms after the handler has started:
#   GET { aborted: false, clientIsConnected: true, status: 200 }
#   POST { aborted: true, clientIsConnected: true, status: 200 }
#
# Exits with 0 while this is so. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent fastify@5.12.8
cat >program.mjs <<'END'
import { setTimeout } from "node:timers/promises";
import fastify from "fastify";

const app = fastify();
let seen;
async function handle(request, reply) {
  const { signal } = request;
  await setTimeout(10);
  seen = { aborted: signal.aborted, clientIsConnected: !reply.raw.destroyed };
  return { done: true };
}
app.get("/", handle);
app.post("/", handle);
const url = await app.listen({ port: 0, host: "127.0.0.1" });
const headers = { "content-type": "application/json" };
const aborted = {};
for (const options of [{ method: "GET" }, { method: "POST", headers, body: '{"text":"a"}' }]) {
  const { status } = await fetch(url, options);
  console.log(options.method, { ...seen, status });
  aborted[options.method] = seen.aborted && seen.clientIsConnected;
}
await app.close();
if (aborted.GET || !aborted.POST) {
  console.error("changed: the signal is the same with and without a body");
  process.exitCode = 1;
}
END
node program.mjs
