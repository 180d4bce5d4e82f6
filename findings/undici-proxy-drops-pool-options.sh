#!/usr/bin/env bash
# undici 8.12.4: `ProxyAgent` takes the options of an `Agent`, as its documents say, and for a target over plain http hands
# none of them to its pool of connections to the proxy. A limit of two connections opens ten, a time-out for the headers
# does not end the wait, and what was set so that connections are used again does nothing; there is no error and no
# warning. With `proxyTunnel: true` the options count; or give time-outs with each request.
#
# Output seen: sockets that ten requests at once open with `connections: 2`; those of five requests, one after another, with
# `keepAliveTimeoutThreshold: 500` where each answer says `keep-alive: timeout=2`; and what becomes of a request with
# `headersTimeout: 1000` that is answered after 4 seconds
#   {
#     atOnce: { agent: 2, tunnel: 2, proxy: 10 },
#     oneByOne: { agent: 1, tunnel: 1, proxy: 5 },
#     late: { agent: 'UND_ERR_HEADERS_TIMEOUT', tunnel: 'UND_ERR_HEADERS_TIMEOUT', proxy: 'answered' }
#   }
#
# Exits with 0 while this is so, after some seconds. Needs Node.js 22.19 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent undici@8.12.4
cat >program.mjs <<'END'
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";
import { Agent, ProxyAgent, request } from "undici";

async function listen() {
  const server = createServer(async (incoming, response) => {
    incoming.resume();
    await setTimeout(Number(incoming.headers["x-wait"]));
    response.setHeader("keep-alive", incoming.headers["x-keep-alive"]);
    response.end("answered");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, uri: `http://127.0.0.1:${server.address().port}` };
}
const target = await listen();
const proxy = await listen(); // answers in place of the target, which a client cannot tell
proxy.server.on("connect", (incoming, socket) => {
  const onward = connect(target.server.address().port, "127.0.0.1", () => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    socket.pipe(onward).pipe(socket);
  });
  onward.on("error", () => socket.destroy());
  socket.on("error", () => onward.destroy());
});

/** What `use` gives for each way to the target, and how many sockets that has opened. */
async function compare(options, headers, use) {
  const ways = {
    agent: { side: target, dispatcher: new Agent(options) },
    tunnel: { side: target, dispatcher: new ProxyAgent({ ...options, uri: proxy.uri, proxyTunnel: true }) },
    proxy: { side: proxy, dispatcher: new ProxyAgent({ ...options, uri: proxy.uri }) },
  };
  const seen = {};
  for (const [way, { side, dispatcher }] of Object.entries(ways)) {
    let opened = 0;
    const count = () => void opened++;
    side.server.on("connection", count);
    const given = await use(async () => {
      const { body } = await request(target.uri, { dispatcher, headers });
      await body.text();
      await setImmediate(); // only then its socket is free for the next one
      return "answered";
    });
    await dispatcher.destroy();
    side.server.off("connection", count);
    seen[way] = given ?? opened;
  }
  return seen;
}
const atOnce = await compare({ connections: 2 }, { "x-keep-alive": "timeout=60", "x-wait": 10 }, async (ask) => {
  await Promise.all(Array.from({ length: 10 }, ask));
});
const threshold = { keepAliveTimeoutThreshold: 500 };
const oneByOne = await compare(threshold, { "x-keep-alive": "timeout=2", "x-wait": 0 }, async (ask) => {
  for (let sent = 0; sent < 5; sent++) await ask();
});
const late = await compare({ headersTimeout: 1000 }, { "x-keep-alive": "timeout=60", "x-wait": 4000 }, (ask) =>
  ask().catch((error) => error.code),
);
for (const { server } of [target, proxy]) {
  server.close();
  server.closeAllConnections();
}
console.log({ atOnce, oneByOne, late });
const agents = [atOnce.agent, oneByOne.agent, late.agent];
const proxies = [atOnce.proxy, oneByOne.proxy, late.proxy];
if (agents.join() !== "2,1,UND_ERR_HEADERS_TIMEOUT" || proxies.join() !== "10,5,answered") {
  console.error("changed: the options count behind a proxy too, or not without one");
  process.exitCode = 1;
}
END
node program.mjs
