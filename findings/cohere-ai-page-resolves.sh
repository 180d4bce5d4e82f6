#!/usr/bin/env bash
# cohere-ai 8.1.0: where a gateway answers `embed` with status 200 and a page instead of JSON (a sign-in page of a proxy, a
# notice of maintenance), the promise is fulfilled. Its value has the type of a response and holds an error report, so
# `response.embeddings` is undefined, and the first failure is a TypeError of the caller's own code. No retry is made.
# A page with status 500 is rejected as expected.
#
# Output seen:
#   { status200: 'fulfilled with ok, error; embeddings: undefined', status500: 'rejected with InternalServerError' }
#
# Exits with 0 while this is so, after some seconds. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent cohere-ai@8.1.0
cat >program.mjs <<'END'
import { once } from "node:events";
import { createServer } from "node:http";
import { CohereClientV2 } from "cohere-ai";

/** What becomes of a call that is answered with a page. */
async function outcome(status) {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "text/html" });
    response.end("<html><body>The service is being maintained.</body></html>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cohere = new CohereClientV2({
    token: "any",
    baseUrl: `http://127.0.0.1:${server.address().port}`,
    maxRetries: 0,
  });
  try {
    const response = await cohere.embed({
      model: "embed-v4.0",
      texts: ["a"],
      inputType: "search_document",
      embeddingTypes: ["float"],
    });
    return `fulfilled with ${Object.keys(response).toSorted((a, b) => b.localeCompare(a)).join(", ")}; embeddings: ${response.embeddings}`;
  } catch (error) {
    return `rejected with ${error.constructor.name}`;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
const [status200, status500] = [await outcome(200), await outcome(500)];
console.log({ status200, status500 });
if (!status200.startsWith("fulfilled") || !status500.startsWith("rejected")) {
  console.error("changed: a page is handled otherwise");
  process.exitCode = 1;
}
END
node program.mjs
