#!/usr/bin/env bash
# @langchain/openai 1.6.0: `OpenAIEmbeddings` gives a text the vector that stands at its place in the answer, and looks at
# neither the `index` beside it nor the number of vectors. A server that answers in another order, rightly by OpenAI's
# protocol, gives every text another text's vector. One vector too many is dropped, so that an answer which does not fit
# passes for a good one; one too few is "Cannot read properties of undefined", which says nothing of the answer.
#
# Output seen, of a server that answers a text with its length, with the right index, for the texts "a", "bb" and "ccc":
#   { reversed: [ 3, 2, 1 ], oneTooMany: [ 9, 1, 2 ], oneTooFew: "Cannot read properties of undefined (reading 'embedding')" }
#
# Exits with 0 while this is so. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent @langchain/openai@1.6.0 @langchain/core@1.4.0
cat >program.mjs <<'END'
import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { OpenAIEmbeddings } from "@langchain/openai";

let change;
const server = createServer(async (request, response) => {
  const { input } = await json(request);
  const data = change(input.map((text, index) => ({ object: "embedding", index, embedding: [text.length] })));
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ object: "list", model: "any", data, usage: { prompt_tokens: 3, total_tokens: 3 } }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

const embeddings = new OpenAIEmbeddings({
  apiKey: "any",
  maxRetries: 0,
  encodingFormat: "float",
  configuration: { baseURL: `http://127.0.0.1:${server.address().port}/v1` },
});
async function embed(served) {
  change = served;
  return embeddings.embedDocuments(["a", "bb", "ccc"]).then(
    (vectors) => vectors.map(([length]) => length),
    (error) => error.message,
  );
}
const stranger = { object: "embedding", index: 3, embedding: [9] };
const reversed = await embed((data) => data.reverse());
const oneTooMany = await embed((data) => [stranger, ...data]);
const oneTooFew = await embed((data) => data.slice(1));
server.close();
server.closeAllConnections();
console.log({ reversed, oneTooMany, oneTooFew });
if (String(reversed) !== "3,2,1" || String(oneTooMany) !== "9,1,2" || !oneTooFew.startsWith("Cannot read prop")) {
  console.error("changed: the vectors are placed by their index, or counted");
  process.exitCode = 1;
}
END
node program.mjs
