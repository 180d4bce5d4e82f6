#!/usr/bin/env bash
# @google/genai 3.3.0: `embedContent` with a list of three strings has three vectors for the model `gemini-embedding-001`, and
# one for `gemini-embedding-2`: for that model the strings become the parts of one content, in one request, without an error
# or a warning. A program that changes the model's name embeds all texts of a batch as one, and its second text has no vector.
# A list of contents, `{ parts: [{ text }] }`, has a vector each with both models.
#
# Output seen: vectors for three texts
#   { 'strings, gemini-embedding-001': 3, 'strings, gemini-embedding-2': 1, 'contents, gemini-embedding-2': 3 }
#
# Exits with 0 while this is so, after some seconds. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent @google/genai@3.3.0
cat >program.mjs <<'END'
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { GoogleGenAI } from "@google/genai";

// Responds with a vector for each request of a batch, or with one.
const server = createServer(async (request, response) => {
  const { requests = [{}] } = JSON.parse(await text(request));
  const body = { embeddings: requests.map(() => ({ values: [1, 0] })) };
  response.setHeader("content-type", "application/json").end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const ai = new GoogleGenAI({
  apiKey: "any",
  httpOptions: { baseUrl: `http://127.0.0.1:${server.address().port}` },
});
const strings = ["one", "two", "three"];
const contents = strings.map((each) => ({ parts: [{ text: each }] }));
const vectorsFor = async (model, all) =>
  (await ai.models.embedContent({ model, contents: all })).embeddings.length;
const seen = {
  "strings, gemini-embedding-001": await vectorsFor("gemini-embedding-001", strings),
  "strings, gemini-embedding-2": await vectorsFor("gemini-embedding-2", strings),
  "contents, gemini-embedding-2": await vectorsFor("gemini-embedding-2", contents),
};
server.close();
server.closeAllConnections();
console.log(seen);
if (Object.values(seen).join() !== "3,1,3") {
  console.error("changed: the number of vectors");
  process.exitCode = 1;
}
END
node program.mjs
