#!/usr/bin/env bash
# @hono/node-server 2.1.9 with hono 4.13.19: when a client disconnects, `c.req.raw.signal` is aborted with a string as its
# reason. So what `signal.throwIfAborted()`, or fetch with that signal, throws is no `Error`: it has no `name`, and the usual
# check `error.name === "AbortError"` takes a client that has left for a failure.
#
# Output seen:
#   { type: 'string', reason: 'Error: aborted', thrown: 'Error: aborted' }
#
# Exits with 0 while this is so. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent @hono/node-server@2.1.9 hono@4.13.19
cat >program.mjs <<'END'
import { once } from "node:events";
import { request } from "node:http";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const app = new Hono();
const seen = Promise.withResolvers();
app.get("/", async (c) => {
  const { signal } = c.req.raw;
  client.destroy();
  await once(signal, "abort");
  let thrown;
  try {
    signal.throwIfAborted();
  } catch (error) {
    thrown = error;
  }
  seen.resolve({ type: typeof signal.reason, reason: signal.reason, thrown });
  return c.text("too late");
});
const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
await once(server, "listening");
const client = request({ host: "127.0.0.1", port: server.address().port }).on("error", () => {});
client.end();
const found = await seen.promise;
server.close();
console.log(found);
if (found.type !== "string") {
  console.error("changed: the reason is no string");
  process.exitCode = 1;
}
END
node program.mjs
