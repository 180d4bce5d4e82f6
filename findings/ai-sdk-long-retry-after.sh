#!/usr/bin/env bash
# ai 7.0.173 with @ai-sdk/openai 4.0.118: a `retry-after` of less than 60 seconds is heeded, and a longer one is not cut
# to 60 seconds, nor does it end the call: it is passed over. The second attempt comes after the 2 seconds that no header
# asks for, and the third 4 seconds later; so of a service that asks for the longest wait, the SDK asks again the soonest,
# and with the default of two retries the call has failed after 6 seconds in which it could not go well.
#
# Output seen: seconds between a 429 and the next request, for two waits that the service asked for
#   { asked4: 4, asked90: 2 }
#
# Exits with 0 while this is so, after some seconds. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent ai@7.0.173 @ai-sdk/openai@4.0.118 zod@4.6.7
cat >program.mjs <<'END'
import { once } from "node:events";
import { createServer } from "node:http";
import { createOpenAI } from "@ai-sdk/openai";
import { embed } from "ai";

/** How long the SDK waits for its second attempt, where the service asks it to wait so many seconds. */
async function waitAfter(seconds) {
  const times = [];
  const server = createServer((request, response) => {
    times.push(performance.now());
    request.resume();
    const [status, body] =
      times.length === 1
        ? [429, { error: { message: "slow down" } }]
        : [200, { data: [{ object: "embedding", index: 0, embedding: [1] }] }];
    response.writeHead(status, { "content-type": "application/json", "retry-after": seconds });
    response.end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const openai = createOpenAI({ apiKey: "any", baseURL: `http://127.0.0.1:${server.address().port}/v1` });
  await embed({ model: openai.embeddingModel("any"), value: "a" });
  server.close();
  server.closeAllConnections();
  return Math.round((times[1] - times[0]) / 1000);
}
const [asked4, asked90] = await Promise.all([waitAfter(4), waitAfter(90)]);
console.log({ asked4, asked90 });
if (asked4 !== 4 || asked90 > 10) {
  console.error("changed: it waits for something else");
  process.exitCode = 1;
}
END
node program.mjs
