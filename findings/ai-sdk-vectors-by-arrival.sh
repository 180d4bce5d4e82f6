#!/usr/bin/env bash
# ai 7.0.173 with @ai-sdk/openai 4.0.118: `embedMany` gives a text the vector that stands at its place in the answer,
# and not the one whose `index` is that of the text. OpenAI's protocol has `index` because the order of `data` is not
# promised; the provider reads it nowhere. So a server (a router, a cache, a batch that is merged again) that answers in
# another order, rightly by the protocol, gives every text another text's vector, with no error and no warning.
#
# Output seen, of a server that answers [1, 2] for the texts of that length, with the right index, last one first:
#   { "texts": ["a", "bb"], "served": "index 1: 2, index 0: 1", "got": [2, 1] }
#
# Exits with 0 while this is so. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent ai@7.0.173 @ai-sdk/openai@4.0.118 zod@4.6.7
cat >program.mjs <<'END'
import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { createOpenAI } from "@ai-sdk/openai";
import { embedMany } from "ai";

let served;
const server = createServer(async (request, response) => {
  const { input } = await json(request);
  const data = input.map((text, index) => ({ object: "embedding", index, embedding: [text.length] })).reverse();
  served = data.map(({ index, embedding }) => `index ${index}: ${embedding}`).join(", ");
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ object: "list", model: "any", data, usage: { prompt_tokens: 2, total_tokens: 2 } }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

const openai = createOpenAI({ apiKey: "any", baseURL: `http://127.0.0.1:${server.address().port}/v1` });
const texts = ["a", "bb"];
const { embeddings } = await embedMany({ model: openai.embeddingModel("any"), values: texts });
server.close();
server.closeAllConnections();
const got = embeddings.map(([length]) => length);
console.log({ texts, served, got });
if (got.join() !== "2,1") {
  console.error(`changed: the vectors came as ${got}, not as they had arrived`);
  process.exitCode = 1;
}
END
node program.mjs
