#!/usr/bin/env bash
# @mistralai/mistralai 2.7.0: `embeddings.create` has the parameter `encodingFormat: "base64"`, which the service answers with a
# string for each vector. The client sends it, and then refuses the answer, with status 200, as a
# `ResponseValidationError`: its schema of a response knows lists of numbers only. The request has been paid for by then.
#
# Output seen:
#   { float: '2 numbers', base64: 'ResponseValidationError' }
#
# Exits with 0 while this is so, after some seconds. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent @mistralai/mistralai@2.7.0
cat >program.mjs <<'END'
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { Mistral } from "@mistralai/mistralai";

const vector = Float32Array.of(0.5, -0.5);
const forms = { float: [...vector], base64: Buffer.from(vector.buffer).toString("base64") };
const server = createServer(async (request, response) => {
  const { model, encoding_format: format = "float" } = JSON.parse(await text(request));
  const body = {
    id: "any",
    object: "list",
    model,
    data: [{ object: "embedding", index: 0, embedding: forms[format] }],
    usage: { prompt_tokens: 1, total_tokens: 1, completion_tokens: 0 },
  };
  response.setHeader("content-type", "application/json").end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const mistral = new Mistral({ apiKey: "any", serverURL: `http://127.0.0.1:${server.address().port}` });
const outcome = (encodingFormat) =>
  mistral.embeddings.create({ model: "mistral-embed", inputs: ["a"], encodingFormat }).then(
    ({ data }) => `${data[0].embedding.length} numbers`,
    (error) => error.name,
  );
const seen = { float: await outcome("float"), base64: await outcome("base64") };
server.close();
server.closeAllConnections();
console.log(seen);
if (seen.float !== "2 numbers" || seen.base64 !== "ResponseValidationError") {
  console.error("changed: it reads other forms");
  process.exitCode = 1;
}
END
node program.mjs
